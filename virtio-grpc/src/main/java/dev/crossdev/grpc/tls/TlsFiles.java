package dev.crossdev.grpc.tls;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Optional;

/**
 * What both ends of a connection with mutual TLS are given: PEM files.
 *
 * @param ca certificates of those whom the peer's certificate may come from
 * @param certificate the own certificate, then those that lead from it to a CA of the peer's
 * @param key the own private key, PKCS#8 and not encrypted
 */
public record TlsFiles(Path ca, Path certificate, Path key) {

    /** The three, when each is there. */
    public static Optional<TlsFiles> ifAll(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {
        return ca.isPresent() && certificate.isPresent() && key.isPresent()
                ? Optional.of(new TlsFiles(ca.get(), certificate.get(), key.get()))
                : Optional.empty();
    }

    /**
     * The names in the own certificate.
     *
     * @throws ErrnoException ENOENT or EINVAL, naming the file
     */
    public CertificateName name() {
        try (InputStream in = Files.newInputStream(certificate)) {
            X509Certificate own =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
            return CertificateName.of(own);
        } catch (IOException e) {
            throw new ErrnoException(Errno.ENOENT, "there is no file " + certificate + " that can be read", e);
        } catch (CertificateException e) {
            throw new ErrnoException(Errno.EINVAL, certificate + " is no certificate: " + e.getMessage(), e);
        }
    }
}
