package dev.crossdev.service.binding;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import dev.crossdev.service.ServiceSettings;
import dev.crossdev.service.trust.TransportSecurity;
import io.quarkus.runtime.configuration.ConfigurationException;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How etcd is reached: with certificates of its own where it has some, else as this service reaches others. What is in it says
 * where UUIDs are imported from, so plain text is on the loopback address or was asked for.
 */
@Singleton
class EtcdChannels {

    private static final int TLS_FILES = 3;

    private final ServiceSettings settings;
    private final TransportSecurity security;
    private final Channels services;
    private @Nullable ClientTls own;

    EtcdChannels(ServiceSettings settings, TransportSecurity security, Channels services) {
        this.settings = settings;
        this.security = security;
        this.services = services;
    }

    /**
     * For these members.
     *
     * @throws ConfigurationException when the settings contradict each other, a file is no good, or it would be plain text
     *     that nobody asked for
     */
    Channels to(List<HostPort> members) {
        ServiceSettings.Directory.EtcdTls tls = settings.directory().tls();
        long said = Stream.of(tls.certificate(), tls.key(), tls.ca())
                .filter(Optional::isPresent)
                .count();
        if (said != 0 && said != TLS_FILES) {
            throw new ConfigurationException("TLS with etcd takes three files: set crossdev.directory.tls.certificate,"
                    + " crossdev.directory.tls.key and crossdev.directory.tls.ca, or none of them");
        }
        if (settings.directory().plainText()) {
            if (said != 0) {
                throw new ConfigurationException(
                        "crossdev.directory.plain-text=true and crossdev.directory.tls.* contradict each other");
            }
            return Channels.PLAIN;
        }
        Optional<TlsFiles> files = TlsFiles.ifAll(tls.ca(), tls.certificate(), tls.key());
        if (files.isPresent()) {
            return withOwn(files.get());
        }
        if (!security.isOn() && !settings.allowPlainText()) {
            refuseOthers(members);
        }
        return services;
    }

    private Channels withOwn(TlsFiles files) {
        try {
            own = ClientTls.of(files, settings.tls().reloadPeriod());
            return Channels.with(own);
        } catch (ErrnoException e) {
            throw new ConfigurationException("crossdev.directory.tls: " + e.getMessage());
        }
    }

    private static void refuseOthers(List<HostPort> members) {
        members.stream()
                .filter(member -> !isLoopback(member.host()))
                .findFirst()
                .ifPresent(member -> {
                    throw new ConfigurationException("etcd at " + member
                            + " is reached in plain text, and whoever is between may say where objects are: set"
                            + " crossdev.directory.tls.certificate, crossdev.directory.tls.key and crossdev.directory.tls.ca,"
                            + " or crossdev.tls.*, or crossdev.directory.plain-text=true");
                });
    }

    /** Without asking for names: a start should not depend on it. */
    private static boolean isLoopback(String host) {
        try {
            return host.equals("localhost") || InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @PreDestroy
    void close() {
        if (own != null) {
            own.close();
        }
    }
}
