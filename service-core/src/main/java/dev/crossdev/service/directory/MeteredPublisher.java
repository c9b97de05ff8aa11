package dev.crossdev.service.directory;

import dev.crossdev.service.house.DeviceKey;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** {@code virtio.directory.registration} and {@code virtio.directory.lease}. */
public final class MeteredPublisher implements Publisher {

    private final Publisher publisher;
    private final OutcomeTimer registrations;

    public MeteredPublisher(Publisher publisher, MeterRegistry registry) {
        this.publisher = publisher;
        registrations = new OutcomeTimer(
                registry, "virtio.directory.registration", "From a UUID's minting until importers can find it");
        Gauge.builder("virtio.directory.lease", publisher, each -> each.holdsItsPlace() ? 1 : 0)
                .description("Whether this instance has its place in the directory")
                .register(registry);
    }

    @Override
    public CompletableFuture<Void> publish(String guest, UUID uuid) {
        return registrations.measure(publisher.publish(guest, uuid)).toCompletableFuture();
    }

    @Override
    public void withdraw(String guest, UUID uuid) {
        publisher.withdraw(guest, uuid);
    }

    @Override
    public CompletableFuture<Void> claim(DeviceKey device) {
        return publisher.claim(device);
    }

    @Override
    public void release(DeviceKey device) {
        publisher.release(device);
    }

    @Override
    public boolean holdsItsPlace() {
        return publisher.holdsItsPlace();
    }

    @Override
    public void close() {
        publisher.close();
    }
}
