package dev.crossdev.guest.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.guest.GuestConfig;
import dev.crossdev.guest.GuestTestBed;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.media.Clip;
import dev.crossdev.media.MediaException;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LoadTest {

    @SuppressWarnings("NullAway.Init")
    private static Clip clip;

    @TempDir
    static Path folder;

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<String> told = new CopyOnWriteArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private GuestTestBed bed;

    @BeforeAll
    static void readClip() throws MediaException {
        clip = Clip.open(Path.of("../media/src/test/resources/sample-64x48.mp4"));
    }

    @BeforeEach
    void start() {
        bed = GuestTestBed.sharing(folder);
    }

    @AfterEach
    void stop() {
        bed.close();
    }

    @Test
    void roundsTakeTheStrategiesInTurnAndEndWhenTheirNumberIsReached() throws InterruptedException {
        Load load = load(OptionalLong.of(5), RegistrationStrategy.DEFERRED, RegistrationStrategy.BLOCK_AT_EXPORT);
        LoadTotals totals = load.run();
        assertThat(totals).isEqualTo(new LoadTotals(5, 0, 0, 0, 0));
        assertThat(totals.clean()).isTrue();
        assertThat(told).containsExactly("connected");
        assertThat(buffers("deferred")).isEqualTo(3 * 2);
        assertThat(buffers("block-at-export")).isEqualTo(2 * 2);
    }

    @Test
    void itEndsWhenItsTimeIsOver() throws InterruptedException {
        LoadPlan plan = new LoadPlan(
                List.of(RegistrationStrategy.DEFERRED),
                2,
                0.01,
                OptionalLong.empty(),
                Optional.of(Duration.ofMillis(300)));
        assertThat(load(plan).run().ok()).isEqualTo(1);
    }

    @Test
    void aRefusedRegistrationFailsItsRoundAndTheNextOneFollows() throws InterruptedException {
        Load load = load(OptionalLong.of(3), RegistrationStrategy.DEFERRED);
        bed.gpu.setScript(command -> command instanceof ResourceAssignUuid
                ? Optional.of(new GpuResponse.Err(GpuResult.ERR_UNSPEC))
                : Optional.empty());
        assertThat(load.run()).isEqualTo(new LoadTotals(0, 0, 3, 0, 0));
        assertThat(told)
                .filteredOn(line -> line.contains("RESOURCE_ASSIGN_UUID"))
                .hasSize(3);
        assertThat(load.isReady()).isFalse();
        assertThat(registry.get("virtio.uuid.registration")
                        .tag("outcome", "failed")
                        .timer()
                        .count())
                .isEqualTo(6);
    }

    @Test
    void itIsReadyWhileItWorksAndStopsWithoutEndingItsPlan() throws Exception {
        Load load = load(OptionalLong.empty(), RegistrationStrategy.DEFERRED);
        CompletableFuture<LoadTotals> running = inBackground(load);
        await().untilAsserted(() -> assertThat(load.totals().ok()).isPositive());
        await().untilAsserted(() -> assertThat(load.isReady()).isTrue());
        assertThat(load.isLive()).isTrue();
        load.stop();
        assertThat(running.get(10, TimeUnit.SECONDS).clean()).isTrue();
        assertThat(load.isReady()).isFalse();
    }

    @Test
    void aServiceThatGoesAwayIsTriedAgainAndAgain() throws Exception {
        Load load = load(OptionalLong.empty(), RegistrationStrategy.DEFERRED);
        CompletableFuture<LoadTotals> running = inBackground(load);
        await().untilAsserted(() -> assertThat(load.totals().ok()).isPositive());
        bed.gpu.kill();
        await().untilAsserted(() -> assertThat(told)
                .filteredOn(line -> line.startsWith("unreachable"))
                .hasSizeGreaterThan(2)
                .allMatch(line -> line.contains("gpu-service")));
        assertThat(registry.get("crossdev.load.connected").gauge().value()).isZero();
        load.stop();
        assertThat(running.get(10, TimeUnit.SECONDS).clean()).isTrue();
    }

    @Test
    void aServiceThatIsNotThereFromTheStartIsWaitedFor() throws Exception {
        bed.video.close();
        Load load = load(OptionalLong.of(1), RegistrationStrategy.DEFERRED);
        CompletableFuture<LoadTotals> running = inBackground(load);
        await().untilAsserted(() -> assertThat(told).anyMatch(line -> line.contains("video-service")));
        load.stop();
        assertThat(running.get(10, TimeUnit.SECONDS).rounds()).isZero();
    }

    @Test
    void aRateOfNothingIsNoRate() {
        for (double rate : new double[] {0, -1, Double.NaN, 1_001}) {
            assertThatThrownBy(() -> new LoadPlan(
                            List.of(RegistrationStrategy.DEFERRED), 1, rate, OptionalLong.empty(), Optional.empty()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void noBuffersAndNoRoundsAreNoPlan() {
        assertThatThrownBy(() -> new LoadPlan(
                        List.of(RegistrationStrategy.DEFERRED), 0, 1, OptionalLong.empty(), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LoadPlan(
                        List.of(RegistrationStrategy.DEFERRED), 1, 1, OptionalLong.of(0), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private Load load(OptionalLong rounds, RegistrationStrategy... strategies) {
        return load(new LoadPlan(List.of(strategies), 2, 200, rounds, Optional.empty()));
    }

    private Load load(LoadPlan plan) {
        GuestConfig config =
                new GuestConfig("default", bed.gpu.address(), bed.video.address(), 16 << 20, Duration.ofSeconds(10));
        return new Load(config, clip, plan, registry, new LoadListener() {
            @Override
            public void roundFailed(RoundOutcome outcome, String why) {
                told.add(outcome + ": " + why);
            }

            @Override
            public void unreachable(String why) {
                told.add("unreachable: " + why);
            }

            @Override
            public void connected() {
                told.add("connected");
            }
        });
    }

    private static CompletableFuture<LoadTotals> inBackground(Load load) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return load.run();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private long buffers(String strategy) {
        return registry.get("virtio.uuid.registration")
                .tag("strategy", strategy)
                .timer()
                .count();
    }
}
