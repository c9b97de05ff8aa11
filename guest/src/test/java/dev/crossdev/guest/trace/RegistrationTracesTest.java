package dev.crossdev.guest.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.Guest;
import dev.crossdev.guest.GuestConfig;
import dev.crossdev.guest.GuestTestBed;
import dev.crossdev.guest.metrics.GuestMeters;
import dev.crossdev.guest.pipeline.FrameObserver;
import dev.crossdev.guest.pipeline.Pipeline;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.pipeline.RunParameters.InjectedTiming;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.RegistrationTrace;
import dev.crossdev.media.Clip;
import dev.crossdev.media.MediaException;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a registration's trace says when things go wrong; how it looks over both services is a whole-system test. */
@Timeout(60)
class RegistrationTracesTest {

    private static final int BUFFERS = 2;

    @SuppressWarnings("NullAway.Init")
    private static Clip clip;

    private final InMemorySpanExporter exported = InMemorySpanExporter.create();
    private final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exported))
                    .build())
            .build();
    private final GuestTestBed bed = GuestTestBed.remote();

    @BeforeAll
    static void readClip() throws MediaException {
        clip = Clip.open(Path.of("../media/src/test/resources/sample-64x48.mp4"));
    }

    @AfterEach
    void stop() {
        bed.close();
        sdk.close();
    }

    @Test
    void aRefusedRegistrationIsAnErrorWithTheDevicesAnswer() {
        bed.gpu.setScript(command -> command instanceof ResourceAssignUuid
                ? Optional.of(new GpuResponse.Err(GpuResult.ERR_OUT_OF_MEMORY))
                : Optional.empty());
        assertThatThrownBy(() -> run(RegistrationStrategy.DEFERRED)).isInstanceOf(ErrnoException.class);

        assertThat(named("registration"))
                .hasSize(BUFFERS)
                .allMatch(span -> span.getStatus().getStatusCode() == StatusCode.ERROR);
        assertThat(named("RESOURCE_ASSIGN_UUID"))
                .hasSize(BUFFERS)
                .allSatisfy(
                        span -> assertThat(span.getStatus().getDescription()).contains("ERR_OUT_OF_MEMORY"));
    }

    @Test
    void aRegistrationThatIsNeverAnsweredEndsWithItsDevice() {
        bed.gpu.withholdUuids();
        assertThatThrownBy(() -> run(RegistrationStrategy.DEFERRED, RunMode.STARTUP, Duration.ofSeconds(4)))
                .isInstanceOf(ErrnoException.class);

        assertThat(named("registration")).hasSize(BUFFERS).allMatch(SpanData::hasEnded);
        assertThat(named("RESOURCE_ASSIGN_UUID"))
                .hasSize(BUFFERS)
                .allMatch(span -> span.getStatus().getStatusCode() == StatusCode.ERROR);
        assertThat(named("RESOURCE_CREATE")).isEmpty();
    }

    @Test
    void anUnsynchronisedImportThatIsRefusedIsASpanAndSoIsTheNextOne() {
        bed.gpu.withholdUuids();
        bed.video.setScript(command -> {
            if (command instanceof ResourceCreate create && create.queueType() == QueueType.OUTPUT) {
                bed.gpu.releaseUuids();
            }
            return Optional.empty();
        });
        run(RegistrationStrategy.UNSYNCHRONISED);

        assertThat(named("RESOURCE_CREATE"))
                .anyMatch(span -> span.getStatus().getStatusCode() == StatusCode.ERROR)
                .anyMatch(span -> span.getStatus().getStatusCode() == StatusCode.UNSET);
    }

    @Test
    void aFloorsTimesAreNobodys() {
        run(RegistrationStrategy.DEFERRED, RunMode.FLOOR, Duration.ofSeconds(20));
        assertThat(exported.getFinishedSpanItems()).isEmpty();
    }

    @Test
    void offNothingIsMade() {
        RegistrationTrace trace = RegistrationTraces.OFF.begin("guest", "vm0", RegistrationStrategy.DEFERRED, 0);
        assertThat(trace).isSameAs(RegistrationTrace.NONE);
        assertThat(trace.sends("RESOURCE_ASSIGN_UUID").context()).isSameAs(TraceContext.NONE);
    }

    private void run(RegistrationStrategy strategy) {
        run(strategy, RunMode.STARTUP, Duration.ofSeconds(20));
    }

    private void run(RegistrationStrategy strategy, RunMode mode, Duration patience) {
        GuestConfig config = new GuestConfig("default", bed.gpu.address(), bed.video.address(), 16 << 20, patience)
                .withTraces(RegistrationTraces.to(sdk));
        try (Guest guest = Guest.connect(config, bed.violations)) {
            var _ = new Pipeline(guest, clip, new GuestMeters(new SimpleMeterRegistry()))
                    .run(new RunParameters(strategy, BUFFERS, false, mode, InjectedTiming.NONE), FrameObserver.NONE);
        }
    }

    private List<SpanData> named(String name) {
        return exported.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .toList();
    }
}
