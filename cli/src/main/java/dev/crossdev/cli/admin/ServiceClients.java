package dev.crossdev.cli.admin;

import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.cli.wire.DeviceFinder;
import dev.crossdev.virtio.capture.DeviceKind;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The services that a command talks to. */
public final class ServiceClients implements AutoCloseable {

    private final Map<DeviceKind, AdminClient> clients;

    private ServiceClients(Map<DeviceKind, AdminClient> clients) {
        this.clients = clients;
    }

    /** Connects to those of the kinds; nothing fails before the first call. */
    public static ServiceClients of(List<DeviceKind> kinds, RunningServiceOptions services) {
        Map<DeviceKind, AdminClient> clients = new EnumMap<>(DeviceKind.class);
        kinds.forEach(
                kind -> clients.put(kind, new AdminClient(DeviceFinder.address(kind, services), services.channels())));
        return new ServiceClients(clients);
    }

    /** The gpu's first. */
    public List<AdminClient> all() {
        return List.copyOf(clients.values());
    }

    /** By what they host. */
    public Map<DeviceKind, AdminClient> byKind() {
        return clients;
    }

    @Override
    public void close() {
        clients.values().forEach(AdminClient::close);
    }
}
