package dev.crossdev.service.life;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.service.ServiceIdentity;
import dev.crossdev.service.ServiceSettings;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Writes the ready file when the service really answers: there is no event for "both servers listen", so it is asked for
 * its own health, the way a launcher or Kubernetes would ask.
 */
@Singleton
class Readiness {

    private static final Logger LOG = Logger.getLogger(Readiness.class);
    private static final Duration DEADLINE = Duration.ofMinutes(1);
    private static final Duration PAUSE = Duration.ofMillis(10);
    private static final int HTTP_OK = 200;

    private final ServiceIdentity identity;
    private final ServedPorts ports;
    private final String host;
    private final String managementHost;
    private final ReadyFile file;
    private volatile boolean over;

    Readiness(
            ServiceIdentity identity,
            ServiceSettings settings,
            RunFolder folder,
            ServedPorts ports,
            ObjectMapper json,
            @ConfigProperty(name = "quarkus.http.host") String host,
            @ConfigProperty(name = "quarkus.management.host") String managementHost) {
        this.identity = identity;
        this.ports = ports;
        this.host = host;
        this.managementHost = managementHost;
        this.file = new ReadyFile(settings.readyFile().orElse(folder.path().resolve("ready.json")), json);
    }

    void announceWhenReady() {
        Thread.ofVirtual().name("readiness").start(this::announce);
    }

    /** The service is no longer ready. */
    synchronized void withdraw() {
        over = true;
        file.remove();
    }

    private void announce() {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!over && !isReady()) {
            if (System.nanoTime() - deadline > 0) {
                LOG.errorf("not ready within %s", DEADLINE);
                return;
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
        write();
    }

    private synchronized void write() {
        if (over) {
            return;
        }
        long started = System.currentTimeMillis()
                - ManagementFactory.getRuntimeMXBean().getStartTime();
        file.write(new ReadyFile.Content(
                identity.name(),
                ProcessHandle.current().pid(),
                host,
                ports.http(),
                ports.management(),
                identity.descriptorSocket().toString(),
                identity.version(),
                identity.instance(),
                started));
        LOG.infof(
                "%s is ready after %d ms: gRPC and console on %s:%d, management on %s:%d",
                identity.name(), started, host, ports.http(), managementHost, ports.management());
    }

    private boolean isReady() {
        try {
            int port = ports.management();
            if (ports.http() <= 0 || port <= 0) {
                return false;
            }
            String asked = managementHost.equals("0.0.0.0") ? "127.0.0.1" : managementHost;
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create("http://" + asked + ":" + port + "/q/health/ready")
                            .toURL()
                            .openConnection();
            connection.setConnectTimeout(1_000);
            connection.setReadTimeout(1_000);
            try {
                return connection.getResponseCode() == HTTP_OK;
            } finally {
                connection.disconnect();
            }
        } catch (IOException | RuntimeException notYet) {
            LOG.tracef("not ready yet: %s", notYet);
            return false;
        }
    }
}
