package dev.crossdev.service.binding;

import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.service.ServiceSettings;
import dev.crossdev.service.directory.Directory;
import dev.crossdev.service.directory.LocalDirectory;
import dev.crossdev.service.directory.LocalPublisher;
import dev.crossdev.service.directory.MeteredDirectory;
import dev.crossdev.service.directory.MeteredPublisher;
import dev.crossdev.service.directory.Publisher;
import dev.crossdev.service.directory.etcd.EtcdDirectory;
import dev.crossdev.service.directory.etcd.EtcdPublisher;
import dev.crossdev.service.directory.etcd.EtcdSettings;
import dev.crossdev.service.life.ServedPorts;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.Set;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/** Makes the directory that the configuration asks for, measured. Each service makes its side of it a bean. */
@Singleton
public final class Directories {

    private static final Set<String> EVERYWHERE = Set.of("0.0.0.0", "::", "[::]");

    private final ServiceSettings.Directory settings;
    private final EtcdChannels channels;
    private final ServedPorts ports;
    private final String host;
    private final MeterRegistry registry;

    Directories(
            ServiceSettings settings,
            EtcdChannels channels,
            ServedPorts ports,
            @ConfigProperty(name = "quarkus.http.host") String host,
            MeterRegistry registry) {
        this.settings = settings.directory();
        this.channels = channels;
        this.ports = ports;
        this.host = host;
        this.registry = registry;
    }

    /**
     * This instance's side.
     *
     * @throws IllegalArgumentException for a configuration that makes no sense
     */
    public Publisher publisher() {
        return switch (settings.kind()) {
            case LOCAL -> new LocalPublisher();
            case ETCD -> etcdPublisher();
        };
    }

    /**
     * The importers' side.
     *
     * @param only the one instance of a local directory
     * @throws IllegalArgumentException for a configuration that makes no sense
     */
    public Directory directory(HostPort only) {
        return switch (settings.kind()) {
            case LOCAL -> new LocalDirectory(only);
            case ETCD -> etcdDirectory();
        };
    }

    private Publisher etcdPublisher() {
        EtcdSettings etcd = etcd();
        return new MeteredPublisher(new EtcdPublisher(channels.to(etcd.endpoints()), etcd, self()), registry);
    }

    private Directory etcdDirectory() {
        EtcdSettings etcd = etcd();
        return new MeteredDirectory(new EtcdDirectory(channels.to(etcd.endpoints()), etcd), registry);
    }

    private EtcdSettings etcd() {
        return new EtcdSettings(
                settings.endpoints().stream().map(HostPort::parse).toList(),
                settings.prefix(),
                settings.lease(),
                settings.timeout());
    }

    /** The port is known only once the server listens. */
    private Supplier<@Nullable HostPort> self() {
        if (settings.advertise().isPresent()) {
            HostPort advertised = HostPort.parse(settings.advertise().get());
            return () -> advertised;
        }
        if (EVERYWHERE.contains(host)) {
            throw new IllegalArgumentException("crossdev.directory.advertise: importers cannot reach " + host
                    + "; say under which host:port they reach this service");
        }
        return () -> {
            int port = ports.http();
            return port > 0 ? new HostPort(host, port) : null;
        };
    }
}
