package dev.crossdev.service.trust;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import dev.crossdev.service.ServiceSettings;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Whether this service speaks TLS, to its callers and as a caller. */
@Singleton
public class TransportSecurity {

    /** Before anything of the service is made, and before a port is open. */
    private static final int FIRST = 1;

    private final ServiceSettings settings;
    private final String host;
    private final Optional<TlsFiles> files;
    private @Nullable ClientTls client;

    TransportSecurity(ServiceSettings settings, @ConfigProperty(name = "quarkus.http.host") String host) {
        this.settings = settings;
        this.host = host;
        ServiceSettings.Tls tls = settings.tls();
        this.files = TlsFiles.ifAll(tls.ca(), tls.certificate(), tls.key());
    }

    /** Whether callers come by TLS, and have to say who they are. */
    public boolean isOn() {
        return files.isPresent();
    }

    /** How this service reaches others: as it is reached itself. */
    @Produces
    @Singleton
    Channels channels() {
        if (files.isEmpty()) {
            return Channels.PLAIN;
        }
        client = ClientTls.of(files.get(), settings.tls().reloadPeriod());
        return Channels.with(client);
    }

    @PreDestroy
    void close() {
        if (client != null) {
            client.close();
        }
    }

    /** Ends a start that would leave the service open to whoever reaches it. */
    void check(@Observes @Priority(FIRST) StartupEvent event) {
        ServiceSettings.Tls tls = settings.tls();
        long said = Stream.of(tls.certificate(), tls.key(), tls.ca())
                .filter(Optional::isPresent)
                .count();
        if (said != 0 && !isOn()) {
            throw new ConfigurationException(
                    "TLS takes three files: set crossdev.tls.certificate, crossdev.tls.key and crossdev.tls.ca, or none of them");
        }
        if (!isOn() && !settings.allowPlainText() && !isLoopback(host)) {
            throw new ConfigurationException(
                    "quarkus.http.host=" + host
                            + " is open to others in plain text, and whoever reaches it may use any guest's devices: set"
                            + " crossdev.tls.certificate, crossdev.tls.key and crossdev.tls.ca, or crossdev.allow-plain-text=true");
        }
        try {
            files.ifPresent(TlsFiles::name);
        } catch (ErrnoException e) {
            throw new ConfigurationException("crossdev.tls.certificate: " + e.getMessage());
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            // Nobody can listen there; Quarkus says so.
            return true;
        }
    }
}
