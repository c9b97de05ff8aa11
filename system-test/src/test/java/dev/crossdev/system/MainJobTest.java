package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.cli.launch.Services;
import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.report.RunChecks;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.cli.run.DevicePair;
import dev.crossdev.cli.run.Harness;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.guest.pipeline.FrameObserver;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.pipeline.RunParameters.InjectedTiming;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two service processes, one guest, one real clip. */
@ExtendWith(SharedServices.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MainJobTest {

    private static final int BUFFERS = 16;

    private final ClipFile clip = ClipFile.open(Checkout.CLIP);
    private final RunChecks checks =
            new RunChecks(clip.reference().hex(), clip.reference().frames());
    private final Services services;
    private final Harness harness;

    MainJobTest(Services services) {
        this.services = services;
        this.harness = connect(UnaryOperator.identity());
    }

    private Harness connect(UnaryOperator<FrameObserver> tap) {
        return Harness.connect(
                services.gpu().address(), services.video().address(), clip, BUFFERS, new SimpleMeterRegistry(), tap);
    }

    @BeforeAll
    void warmUp() {
        run(RegistrationStrategy.DEFERRED, DevicePair.NONE, RunMode.STARTUP);
    }

    @AfterAll
    void disconnect() {
        harness.inject(DevicePair.NONE);
        harness.close();
    }

    private ReportRun run(RegistrationStrategy strategy, DevicePair latency, RunMode mode) {
        harness.inject(latency);
        InjectedTiming injected = new InjectedTiming(
                latency.gpu().transit().mean().toNanos() / 1_000,
                latency.video().transit().mean().toNanos() / 1_000,
                0);
        return harness.run(new RunParameters(strategy, BUFFERS, false, mode, injected));
    }

    @ParameterizedTest
    @EnumSource(RegistrationStrategy.class)
    void everyStrategyKeepsItsPromisesOnFastDevices(RegistrationStrategy strategy) {
        assertThat(checks.of(run(strategy, DevicePair.NONE, RunMode.FULL))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(RegistrationStrategy.class)
    void everyStrategyKeepsItsPromisesOnSlowDevices(RegistrationStrategy strategy) {
        assertThat(checks.of(run(strategy, DevicePair.transit(Duration.ofMillis(2)), RunMode.FULL)))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = RegistrationStrategy.class,
            names = {"BLOCK_AT_EXPORT", "DEFERRED"})
    void aClipDecodesIntoBlobsOfTheGuestsOwnMemory(RegistrationStrategy strategy) {
        harness.inject(DevicePair.NONE);

        ReportRun run =
                harness.run(new RunParameters(strategy, BUFFERS, false, true, RunMode.FULL, InjectedTiming.NONE));

        assertThat(checks.of(run)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = RegistrationStrategy.class,
            names = {"BLOCK_AT_ALLOCATION", "BLOCK_AT_EXPORT"})
    void waitingInTheAllocatorPaysARoundTripPerBuffer(RegistrationStrategy strategy) {
        ReportRun run = run(strategy, DevicePair.transit(Duration.ofMillis(2)), RunMode.STARTUP);

        assertThat(run.allocationMillis()).isGreaterThanOrEqualTo(BUFFERS * 4.0);
    }

    @Test
    void theUnsynchronisedImporterIsRefusedOncePerBufferWhenAnswersComeLate() {
        double setup = run(RegistrationStrategy.DEFERRED, DevicePair.NONE, RunMode.STARTUP)
                .setupMillis();
        // Beyond the set-up even on a machine that has become ten times slower.
        Duration far = Duration.ofMillis(Math.max(100, Math.round(10 * setup)));

        ReportRun run =
                run(RegistrationStrategy.UNSYNCHRONISED, DevicePair.transit(far, Duration.ZERO), RunMode.STARTUP);

        assertThat(run.importFailures()).isEqualTo(BUFFERS);
        assertThat(checks.of(run)).isEmpty();
    }

    @Test
    void theServicesCountWhatTheReportSays() {
        Scrape gpuBefore = Scrape.of(services.gpu().management());
        Scrape videoBefore = Scrape.of(services.video().management());

        ReportRun run = run(RegistrationStrategy.EAGER_DEFERRED, DevicePair.NONE, RunMode.STARTUP);

        String assigned = "virtio_command_seconds_count";
        String[] labels = {"command=\"RESOURCE_ASSIGN_UUID\"", "response=\"OK_RESOURCE_UUID\""};
        assertThat(Scrape.of(services.gpu().management()).sum(assigned, labels) - gpuBefore.sum(assigned, labels))
                .isEqualTo(run.uuidsAsked());
        String imports = "virtio_object_import_seconds_count";
        assertThat(Scrape.of(services.video().management()).sum(imports) - videoBefore.sum(imports))
                .isEqualTo(run.importsAsked());
    }

    @Test
    void aSecondClientOnTheRawDoorMeasuresTheInjectedTransit() {
        ManagedChannel channel = Channels.plaintext(
                services.gpu().address().host(), services.gpu().address().port());
        try {
            Duration transit = Duration.ofMillis(5);
            harness.inject(DevicePair.transit(transit, Duration.ZERO));
            Duration roundTrip = RawDoor.roundTrip(channel);

            assertThat(roundTrip).isGreaterThanOrEqualTo(transit.multipliedBy(2));
            harness.inject(DevicePair.NONE);
            assertThat(RawDoor.roundTrip(channel)).isLessThan(roundTrip);
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void oneFlippedByteInTheGpusMemoryChangesTheDigest() {
        try (FlippedByte flipped = new FlippedByte(services.gpu().address());
                Harness tapped = connect(flipped::before)) {
            ReportRun run = tapped.run(new RunParameters(
                    RegistrationStrategy.DEFERRED, BUFFERS, false, RunMode.FULL, InjectedTiming.NONE));

            assertThat(flipped.wasFlipped()).isTrue();
            assertThat(run.framesDigest()).isNotEqualTo(clip.reference().hex());
            assertThat(checks.of(run)).isNotEmpty();
        }
    }

    private List<Buffer> buffers(Channel service) {
        return DeviceAdminGrpc.newBlockingStub(service)
                .withDeadlineAfter(5, TimeUnit.SECONDS)
                .listBuffers(ListBuffersRequest.newBuilder()
                        .setGuest(harness.guest().name())
                        .build())
                .getBuffersList();
    }

    @Test
    void nothingIsLeftWhenTheRunsHaveEnded() {
        run(RegistrationStrategy.DEFERRED, DevicePair.NONE, RunMode.STARTUP);

        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            assertThat(buffers(harness.guest().gpuLink().channel())).isEmpty();
            assertThat(buffers(harness.guest().videoLink().channel())).isEmpty();
        });
    }
}
