package dev.crossdev.service.life;

import dev.crossdev.service.ServiceSettings;
import dev.crossdev.service.call.OpenCalls;
import dev.crossdev.service.house.DeviceHouse;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** The order in which a service comes and goes. */
@Singleton
class ServiceLife {

    private static final Logger LOG = Logger.getLogger(ServiceLife.class);

    private final ServiceSettings settings;
    private final DeviceHouse<?, ?, ?> house;
    private final OpenCalls calls;
    private final Health health;
    private final Readiness readiness;

    ServiceLife(
            ServiceSettings settings, DeviceHouse<?, ?, ?> house, OpenCalls calls, Health health, Readiness readiness) {
        this.settings = settings;
        this.house = house;
        this.calls = calls;
        this.health = health;
        this.readiness = readiness;
    }

    void started(@Observes StartupEvent event) {
        if (settings.exitOnStdinClose()) {
            LauncherPipe.watch(System.in, () -> {
                LOG.info("the launcher is gone");
                // As a signal ends it. Quarkus.asyncExit stops the service in its main thread, and a signal that comes
                // meanwhile (Ctrl-C reaches launcher and service alike) does not wait for that.
                System.exit(0);
            });
        }
        readiness.announceWhenReady();
    }

    /** Comes first on SIGTERM, while all servers still answer. */
    void goingAway(@Observes ShutdownDelayInitiatedEvent event) {
        LOG.infof("draining: no new devices, %s for streams to end", settings.drainGrace());
        readiness.withdraw();
        health.notServing();
        house.drain(settings.drainGrace());
        calls.endAll();
        LOG.info("drained");
    }

    /** Also comes without a drain, as in a test. */
    void gone(@Observes ShutdownEvent event) {
        readiness.withdraw();
        house.close();
        calls.endAll();
    }
}
