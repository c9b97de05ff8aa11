package dev.crossdev.testing.tls;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority that trusts whoever asks. Its certificates hold for a day, at this machine's loopback. */
public final class TestCa {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path folder;
    private final X500Name name;
    private final KeyPair keys;
    private final String address;
    private final AtomicInteger issued = new AtomicInteger();

    /** Files of PEM: the CA, a certificate from it, and that one's key in PKCS#8. */
    public record Issued(Path ca, Path certificate, Path key) {

        /** For a client that shows this certificate. */
        public SSLContext sslContext() {
            try {
                char[] password = "unused".toCharArray();
                KeyStore store = KeyStore.getInstance("PKCS12");
                store.load(null, password);
                String pem = Files.readString(key).replaceAll("-----[A-Z ]+-----|\\s", "");
                PrivateKey own = KeyFactory.getInstance("EC")
                        .generatePrivate(
                                new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
                store.setKeyEntry("own", own, password, new Certificate[] {read(certificate)});
                KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                keys.init(store, password);
                return context(keys.getKeyManagers(), ca);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private TestCa(Path folder, X500Name name, KeyPair keys, String address) {
        this.address = address;
        this.folder = folder;
        this.name = name;
        this.keys = keys;
    }

    /** A new one that keeps its files in this folder. */
    public static TestCa in(Path folder) {
        return in(folder, "127.0.0.1");
    }

    /** As above, for servers at another address, and at localhost. */
    public static TestCa in(Path folder, String address) {
        TestCa ca = new TestCa(folder, new X500Name("CN=test CA " + Math.abs(RANDOM.nextInt())), keys(), address);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        write(ca.caFile(), "CERTIFICATE", ca.sign(ca.name, ca.keys, true, List.of()));
        return ca;
    }

    /** Its certificate. */
    public Path caFile() {
        return folder.resolve("ca.crt");
    }

    /** For a client that believes this CA and shows no certificate. */
    public SSLContext sslContext() {
        try {
            return context(new KeyManager[0], caFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLContext context(KeyManager[] keys, Path ca) throws IOException, GeneralSecurityException {
        KeyStore believed = KeyStore.getInstance("PKCS12");
        believed.load(null, null);
        believed.setCertificateEntry("ca", read(ca));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(believed);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, trust.getTrustManagers(), RANDOM);
        return context;
    }

    private static Certificate read(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            return CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    /**
     * A new certificate, good for clients and for a server on this machine.
     *
     * @param subject such as {@code CN=alice,OU=crossdev-admin}
     */
    public Issued issue(String subject) {
        String file = "issued-" + issued.incrementAndGet();
        Issued made = new Issued(caFile(), folder.resolve(file + ".crt"), folder.resolve(file + ".key"));
        issue(subject, made);
        return made;
    }

    /** As {@link #issue(String)}, in place of files that may be there. */
    public void issue(String subject, Issued place) {
        issue(subject, place, List.of());
    }

    /**
     * As above.
     *
     * @param names further names and addresses that it is for
     */
    public void issue(String subject, Issued place, List<String> names) {
        KeyPair own = keys();
        write(place.certificate(), "CERTIFICATE", sign(new X500Name(subject), own, false, names));
        write(place.key(), "PRIVATE KEY", own.getPrivate().getEncoded());
    }

    private byte[] sign(X500Name subject, KeyPair subjectKeys, boolean authority, List<String> names) {
        Instant now = Instant.now();
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    name,
                    new BigInteger(64, RANDOM),
                    Date.from(now.minus(1, ChronoUnit.HOURS)),
                    Date.from(now.plus(1, ChronoUnit.DAYS)),
                    subject,
                    subjectKeys.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
            builder.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(Stream.concat(Stream.of("localhost", address), names.stream())
                            .map(TestCa::nameOrAddress)
                            .toArray(GeneralName[]::new)));
            X509CertificateHolder signed =
                    builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
            return signed.getEncoded();
        } catch (CertIOException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static GeneralName nameOrAddress(String text) {
        return new GeneralName(text.matches("[0-9.]+") ? GeneralName.iPAddress : GeneralName.dNSName, text);
    }

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whole or not at all, as a rotation does it. */
    private static void write(Path file, String what, byte[] der) {
        String pem = "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + what + "-----\n";
        try {
            Path draft = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), pem);
            Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
