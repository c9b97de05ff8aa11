package dev.crossdev.service.directory;

import dev.crossdev.grpc.client.HostPort;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** There is one instance, and it is asked itself. */
public final class LocalDirectory implements Directory {

    private final HostPort instance;

    public LocalDirectory(HostPort instance) {
        this.instance = instance;
    }

    @Override
    public CompletionStage<HostPort> find(String guest, UUID uuid) {
        return CompletableFuture.completedStage(instance);
    }

    @Override
    public Runnable watch(InstanceListener listener) {
        listener.joined(instance);
        return () -> {};
    }

    @Override
    public void close() {}
}
