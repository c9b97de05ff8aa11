package dev.crossdev.service.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.Violations;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MetersTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void commandTimersHaveBucketsFromFiftyMicrosecondsToASecond() {
        registry.config().meterFilter(new ServedMeters());
        CommandMeter meter = new CommandMeter(registry, "gpu");
        meter.answered("RESOURCE_UNREF", "OK_NODATA", TimeUnit.MICROSECONDS.toNanos(60));
        meter.answered("RESOURCE_UNREF", "OK_NODATA", TimeUnit.MILLISECONDS.toNanos(2));
        Timer timer = registry.get("virtio.command")
                .tag("device", "gpu")
                .tag("command", "RESOURCE_UNREF")
                .tag("response", "OK_NODATA")
                .timer();
        CountAtBucket[] buckets = timer.takeSnapshot().histogramCounts();
        assertThat(buckets[0].bucket(TimeUnit.MICROSECONDS)).isEqualTo(50);
        assertThat(buckets[0].count()).isZero();
        assertThat(buckets[1].count()).isEqualTo(1);
        assertThat(buckets[buckets.length - 1].bucket(TimeUnit.SECONDS)).isEqualTo(1);
        assertThat(buckets[buckets.length - 1].count()).isEqualTo(2);
    }

    @Test
    void turnaroundsOfVirtqueuesHaveBucketsFromTwoAndAHalfMicrosecondsOn() {
        registry.config().meterFilter(new ServedMeters());
        TurnaroundMeter meter = new TurnaroundMeter(registry, "gpu");
        meter.turnedAround("RESOURCE_ASSIGN_UUID", TimeUnit.MICROSECONDS.toNanos(9));

        CountAtBucket[] buckets = registry.get("virtio.queue.turnaround")
                .tag("device", "gpu")
                .tag("command", "RESOURCE_ASSIGN_UUID")
                .timer()
                .takeSnapshot()
                .histogramCounts();

        assertThat(buckets[0].bucket(TimeUnit.NANOSECONDS)).isEqualTo(2_500);
        assertThat(buckets[1].count()).isZero();
        assertThat(buckets[2].bucket(TimeUnit.MICROSECONDS)).isEqualTo(10);
        assertThat(buckets[2].count()).isEqualTo(1);
        assertThat(buckets[buckets.length - 1].bucket(TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void callTimersGetBucketsAndOthersDoNot() {
        registry.config().meterFilter(new ServedMeters());
        Timer call = registry.timer("grpc.server.processing.duration");
        Timer other = registry.timer("http.server.requests");
        assertThat(call.takeSnapshot().histogramCounts()).isNotEmpty();
        assertThat(other.takeSnapshot().histogramCounts()).isEmpty();
    }

    @Test
    void callsOfHealthChecksAndReflectionAreNotServed() {
        registry.config().meterFilter(new ServedMeters());
        registry.timer("grpc.server.processing.duration", "service", "grpc.health.v1.Health");
        registry.timer("grpc.server.processing.duration", "service", "grpc.reflection.v1.ServerReflection");
        registry.timer("grpc.server.processing.duration", "service", "virtio.gpu.v1.GpuDevice");
        assertThat(registry.find("grpc.server.processing.duration").timers()).hasSize(1);
    }

    @Test
    void framesAreCountedForEachDeviceTypeFromTheStart() {
        CommandMeter meter = new CommandMeter(registry, "video");
        assertThat(registry.get("virtio.frames")
                        .tag("device", "video")
                        .counter()
                        .count())
                .isZero();
        meter.framePassed();
        assertThat(registry.get("virtio.frames")
                        .tag("device", "video")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void violationsAreCountedByKindAndEachKindIsThereFromTheStart() {
        ViolationMeter meter = new ViolationMeter(registry);
        meter.report(Violations.Kind.REPEATED_ANSWER, "again");
        assertThat(registry.get("virtio.protocol.violations")
                        .tag("kind", "repeated_answer")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("virtio.protocol.violations").counters()).hasSize(Violations.Kind.values().length);
    }
}
