package dev.crossdev.service.directory;

import dev.crossdev.service.house.DeviceKey;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** There is one instance, and who looks for an object asks it: nothing to publish. */
public final class LocalPublisher implements Publisher {

    private static final CompletableFuture<Void> AT_ONCE = CompletableFuture.completedFuture(null);

    @Override
    public CompletableFuture<Void> publish(String guest, UUID uuid) {
        return AT_ONCE;
    }

    @Override
    public void withdraw(String guest, UUID uuid) {}

    @Override
    public CompletableFuture<Void> claim(DeviceKey device) {
        return AT_ONCE;
    }

    @Override
    public void release(DeviceKey device) {}

    @Override
    public boolean holdsItsPlace() {
        return true;
    }

    @Override
    public void close() {}
}
