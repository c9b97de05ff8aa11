package dev.crossdev.grpc.tls;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.util.AdvancedTlsX509KeyManager;
import io.grpc.util.AdvancedTlsX509TrustManager;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A client's side of mutual TLS. Its files are read again from time to time, so that connections made later, those that
 * replace a lost one among them, show the new certificate. The server must have a
 * certificate from the CA for the name or address that was dialled.
 */
public final class ClientTls implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ClientTls.class.getName());

    private final AdvancedTlsX509KeyManager identity = new AdvancedTlsX509KeyManager();
    private final AdvancedTlsX509TrustManager trust;
    private final ScheduledExecutorService reload = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("tls-reload").factory());

    private ClientTls(AdvancedTlsX509TrustManager trust) {
        this.trust = trust;
    }

    /**
     * Reads the files.
     *
     * @param every how often they are read again
     * @throws ErrnoException ENOENT or EIO for a file that cannot be read; EINVAL for one that is not what it should be
     */
    public static ClientTls of(TlsFiles files, Duration every) {
        ClientTls tls;
        try {
            tls = new ClientTls(AdvancedTlsX509TrustManager.newBuilder()
                    .setVerification(AdvancedTlsX509TrustManager.Verification.CERTIFICATE_AND_HOST_NAME_VERIFICATION)
                    .build());
        } catch (GeneralSecurityException e) {
            throw new ErrnoException(Errno.EIO, "this JVM has no TLS: " + e.getMessage(), e);
        }
        try {
            tls.read(files);
            var _ = tls.reload.scheduleWithFixedDelay(
                    () -> tls.readAgain(files), every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
            return tls;
        } catch (RuntimeException e) {
            tls.close();
            throw e;
        }
    }

    /** For any number of channels. */
    public ChannelCredentials credentials() {
        return TlsChannelCredentials.newBuilder()
                .keyManager(identity)
                .trustManager(trust)
                .build();
    }

    /** The files are not read any more; channels go on with what was. */
    @Override
    public void close() {
        reload.shutdownNow();
    }

    private void read(TlsFiles files) {
        load(files.ca(), trust::updateTrustCredentials);
        load(
                files.certificate(),
                certificate -> load(files.key(), key -> identity.updateIdentityCredentials(certificate, key)));
    }

    /** Files that are being replaced may not fit together for a moment: what was read before stays. */
    private void readAgain(TlsFiles files) {
        try {
            read(files);
        } catch (ErrnoException e) {
            LOG.log(System.Logger.Level.WARNING, "TLS goes on with the certificates that it has: {0}", e.getMessage());
        }
    }

    private interface Loading {
        void load(File file) throws IOException, GeneralSecurityException;
    }

    private static void load(Path path, Loading loading) {
        if (!path.toFile().canRead()) {
            throw new ErrnoException(Errno.ENOENT, "there is no file " + path + " that can be read");
        }
        try {
            loading.load(path.toFile());
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new ErrnoException(
                    Errno.EINVAL, path + " has no use as PEM (a key must be PKCS#8): " + e.getMessage(), e);
        }
    }
}
