package dev.crossdev.system.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.cli.report.RunChecks;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.cli.run.Harness;
import dev.crossdev.cli.run.ServiceOptions.ServicesInUse;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.guest.driver.Instances;
import dev.crossdev.guest.driver.ServiceAddress;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.pipeline.RunParameters.InjectedTiming;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.trace.RegistrationTraces;
import dev.crossdev.system.Checkout;
import dev.crossdev.system.Scrape;
import dev.crossdev.testing.RequiresProgram;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Three gpu-services behind one name, and an etcd of three members. */
@RequiresProgram("kubectl")
@RequiresProgram(value = "etcd", debianPackage = "etcd-server")
class ScaleOutContainersTest extends OverlayContainers {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int BUFFERS = 8;

    private final ClipFile clip = ClipFile.open(Checkout.CLIP);
    private final RunChecks checks =
            new RunChecks(clip.reference().hex(), clip.reference().frames());

    ScaleOutContainersTest() {
        super("scale-out", "stream", "etcd");
    }

    /** All of them, as the headless Service's name means them. */
    private HostPort gpus() {
        return new HostPort(every("gpu-service").stream().map(Running::address).collect(Collectors.joining(",")), 8081);
    }

    private void assertItPlays(String guest) {
        HostPort video = new HostPort(every("video-service").getFirst().address(), 8082);
        try (ServicesInUse services =
                        new ServicesInUse(gpus(), video, Channels.PLAIN, Optional.empty(), Optional.empty());
                Harness harness = Harness.connect(
                        Optional.of(guest),
                        services,
                        clip,
                        BUFFERS,
                        new SimpleMeterRegistry(),
                        RegistrationTraces.OFF)) {
            assertThat(checks.of(harness.run(new RunParameters(
                            RegistrationStrategy.DEFERRED, BUFFERS, false, RunMode.FULL, InjectedTiming.NONE))))
                    .isEmpty();
        }
    }

    private static double frames(Running gpu) {
        return Scrape.of(new HostPort(gpu.address(), 9081)).sum("virtio_frames_total");
    }

    @Test
    @Order(3)
    void theMainJobIsRightAtEachInstanceAlsoWithAMemberOfEtcdAway() throws Exception {
        HostPort gpus = gpus();
        List<Running> instances = every("gpu-service");
        assertThat(instances).hasSize(3);
        for (Running instance : instances) {
            // The guest whose name leads to this instance.
            String guest = IntStream.iterate(0, i -> i + 1)
                    .mapToObj(i -> "player-" + i)
                    .filter(name -> Instances.of(new ServiceAddress("gpu-service", gpus.host(), gpus.port()), name)
                            .getFirst()
                            .host()
                            .equals(instance.address()))
                    .findFirst()
                    .orElseThrow();
            double before = frames(instance);

            assertItPlays(guest);

            assertThat(frames(instance)).as(instance::log).isGreaterThan(before);
            if (instance.equals(instances.getFirst())) {
                end(every("etcd").getFirst());
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(every("etcd")
                                        .getLast()
                                        .missing(every("etcd").getLast().container()))
                                .isEmpty());
            }
        }
    }
}
