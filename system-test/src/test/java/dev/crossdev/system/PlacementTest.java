package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.cli.launch.Services;
import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.report.RunChecks;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.cli.run.Harness;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.pipeline.RunParameters.InjectedTiming;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two service processes between which decoded pictures travel over gRPC. */
class PlacementTest {
    private static final int BUFFERS = 8;

    private final ClipFile clip = ClipFile.open(Checkout.CLIP);
    private final RunChecks checks =
            new RunChecks(clip.reference().hex(), clip.reference().frames());

    @TempDir
    Path folder;

    @Test
    void picturesAreSentWhenTheSettingSaysSo() {
        try (Services services = Services.start(
                Checkout.HOME, Services.Ports.FREE, List.of(), List.of("crossdev.video.placement=stream"))) {
            everyPictureArrives(services, false);
            everyPictureArrives(services, true);
        }
    }

    /** As in two pods: the services are one machine's, and neither they nor the guest find each other's sockets. */
    @Test
    void picturesAreSentWhenNobodyReachesTheOthersSockets() throws IOException {
        Path sockets = Files.createDirectory(folder.resolve("sockets"));
        List<String> settings = List.of("crossdev.run-folder=" + sockets);
        try (Services services = Services.start(Checkout.HOME, Services.Ports.FREE, settings, settings)) {
            Files.move(sockets, folder.resolve("elsewhere"));
            everyPictureArrives(services, false);
            everyPictureArrives(services, true);
        }
    }

    private void everyPictureArrives(Services services, boolean blobs) {
        Scrape before = Scrape.of(services.video().management());
        ReportRun run;
        try (Harness harness = Harness.connect(
                services.gpu().address(),
                services.video().address(),
                clip,
                BUFFERS,
                new SimpleMeterRegistry(),
                UnaryOperator.identity())) {
            run = harness.run(new RunParameters(
                    RegistrationStrategy.DEFERRED, BUFFERS, false, blobs, RunMode.FULL, InjectedTiming.NONE));
        }

        assertThat(checks.of(run)).isEmpty();
        Scrape after = Scrape.of(services.video().management());
        assertThat(added(before, after, "virtio_object_import_seconds_count", "outcome=\"ok\"", "path=\"stream\""))
                .isEqualTo(BUFFERS);
        assertThat(added(before, after, "virtio_object_import_seconds_count")).isEqualTo(BUFFERS);
        assertThat(added(before, after, "virtio_object_write_seconds_count", "outcome=\"ok\"", "path=\"stream\""))
                .isEqualTo(clip.reference().frames());
        assertThat(added(before, after, "virtio_object_write_seconds_count"))
                .isEqualTo(clip.reference().frames());
    }

    private static double added(Scrape before, Scrape after, String name, String... labels) {
        return after.sum(name, labels) - before.sum(name, labels);
    }
}
