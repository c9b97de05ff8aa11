package dev.crossdev.service.directory;

import dev.crossdev.grpc.client.HostPort;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** {@code virtio.directory.lookup}. */
public final class MeteredDirectory implements Directory {

    private final Directory directory;
    private final OutcomeTimer lookups;

    public MeteredDirectory(Directory directory, MeterRegistry registry) {
        this.directory = directory;
        lookups = new OutcomeTimer(registry, "virtio.directory.lookup", "Which instance has this UUID?");
    }

    @Override
    public CompletionStage<HostPort> find(String guest, UUID uuid) {
        return lookups.measure(directory.find(guest, uuid));
    }

    @Override
    public Runnable watch(InstanceListener listener) {
        return directory.watch(listener);
    }

    @Override
    public void close() {
        directory.close();
    }
}
