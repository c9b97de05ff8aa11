package dev.crossdev.service.directory;

import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Not ready while this instance has no place in the directory: what a guest made here, nobody could import. */
@Readiness
@Singleton
final class DirectoryHealth implements HealthCheck {

    private final Instance<Publisher> publisher;

    /** @param publisher only services that export have one */
    DirectoryHealth(Instance<Publisher> publisher) {
        this.publisher = publisher;
    }

    @Override
    public HealthCheckResponse call() {
        boolean up = !publisher.isResolvable() || publisher.get().holdsItsPlace();
        return HealthCheckResponse.named("directory").status(up).build();
    }
}
