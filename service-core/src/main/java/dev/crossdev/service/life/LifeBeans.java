package dev.crossdev.service.life;

import dev.crossdev.service.ServiceIdentity;
import dev.crossdev.service.ServiceSettings;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Makes what a run of a service has once: its folder and its identity. */
final class LifeBeans {

    private static final String SOCKET = "memory.sock";

    @Produces
    @Singleton
    RunFolder runFolder(ServiceSettings settings, @ConfigProperty(name = "quarkus.application.name") String name) {
        return RunFolder.open(settings.runFolder().orElseGet(RunFolder::defaultBase), name);
    }

    void remove(@Disposes RunFolder folder) {
        folder.close();
    }

    @Produces
    @Singleton
    ServiceIdentity identity(
            RunFolder folder,
            @ConfigProperty(name = "quarkus.application.name") String name,
            @ConfigProperty(name = "quarkus.application.version") String version) {
        return new ServiceIdentity(
                name, version, UUID.randomUUID().toString(), folder.path().resolve(SOCKET));
    }
}
