package dev.crossdev.virtio.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LatencyTest {

    private static LongStream samples(Latency latency) {
        SplittableRandom random = new SplittableRandom(61);
        return LongStream.generate(() -> latency.sampleNanos(random)).limit(100_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "2ms", "500us", "7ns", "3s", "uniform:1ms..3ms", "uniform:0..1ms", "exponential:2ms"})
    void textGoesBothWays(String text) {
        assertThat(Latency.parse(text)).hasToString(text);
        assertThat(Latency.parse(" " + text + " ")).isEqualTo(Latency.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"0ms, 0", "1000us, 1ms", "1500us, 1500us", "60000ms, 60s", "5µs, 5us"})
    void textIsMadeShort(String text, String shorter) {
        assertThat(Latency.parse(text)).hasToString(shorter);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ms",
                "5",
                "-1ms",
                "1.5ms",
                "2h",
                "2 hours",
                "3601s",
                "9999999999999s",
                "uniform:",
                "uniform:1ms",
                "uniform:3ms..1ms",
                "uniform:1ms..2ms..3ms",
                "exponential:",
                "normal:1ms"
            })
    void whatIsNoLatencyIsRefusedInWords(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Latency.parse(text))
                .withMessageMatching(".{10,}");
    }

    @Test
    void aFixedTimeIsAlwaysTheSame() {
        assertThat(samples(Latency.parse("2ms")).distinct().toArray()).containsExactly(2_000_000);
        assertThat(Latency.parse("2ms").isZero()).isFalse();
        assertThat(Latency.ZERO.isZero()).isTrue();
    }

    @Test
    void uniformTimesFillTheirRange() {
        Latency latency = Latency.parse("uniform:1ms..3ms");
        var statistics = samples(latency).summaryStatistics();

        assertThat(statistics.getMin()).isBetween(1_000_000L, 1_010_000L);
        assertThat(statistics.getMax()).isBetween(2_990_000L, 3_000_000L);
        assertThat(statistics.getAverage()).isCloseTo(2_000_000, within(20_000.0));
        assertThat(latency.mean()).isEqualTo(Duration.ofMillis(2));
        assertThat(samples(Latency.parse("uniform:5us..5us")).distinct().toArray())
                .containsExactly(5_000);
    }

    @Test
    void exponentialTimesHaveTheirMeanAndAnEnd() {
        Latency latency = Latency.parse("exponential:2ms");
        var statistics = samples(latency).summaryStatistics();

        assertThat(statistics.getAverage()).isCloseTo(2_000_000, within(40_000.0));
        assertThat(statistics.getMin()).isNotNegative();
        assertThat(statistics.getMax()).isBetween(12_000_000L, 40_000_000L);
        assertThat(samples(latency).filter(each -> each > 2_000_000).count()).isBetween(35_800L, 37_800L);
        assertThat(Latency.parse("exponential:0").isZero()).isTrue();
    }

    @Test
    void timingIsNoneWhenNothingIsAdded() {
        assertThat(DeviceTiming.NONE.isNone()).isTrue();
        assertThat(new DeviceTiming(Latency.ZERO, Latency.parse("uniform:0..1ns")).isNone())
                .isFalse();
        assertThat(new DeviceTiming(Latency.parse("1ns"), Latency.ZERO).isNone())
                .isFalse();
    }
}
