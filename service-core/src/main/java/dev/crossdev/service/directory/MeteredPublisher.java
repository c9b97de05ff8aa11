package dev.crossdev.service.directory;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** {@code virtio.directory.registration} and {@code virtio.directory.lease}. */
final class MeteredPublisher implements ObjectPublisher {

    private final ObjectPublisher publisher;
    private final OutcomeTimer registrations;

    MeteredPublisher(ObjectPublisher publisher, MeterRegistry registry) {
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
    public boolean holdsItsPlace() {
        return publisher.holdsItsPlace();
    }

    @Override
    public void close() {
        publisher.close();
    }
}
