package dev.crossdev.benchmarks;

import dev.crossdev.service.metrics.CommandMeter;
import dev.crossdev.service.metrics.ServedMeters;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.exemplars.DefaultExemplarSampler;
import io.prometheus.client.exemplars.ExemplarSampler;
import io.prometheus.client.exemplars.tracer.common.SpanContextSupplier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Recording one command, with the registry, the buckets and the exemplar sampler that a service has; no span is current, as
 * on a device's thread. The devices of a service share the timers: {@code -t 2} says what two threads cost each other.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CommandMeterBenchmark {

    private static final String[] COMMANDS = {
        "RESOURCE_CREATE_2D",
        "RESOURCE_ATTACH_BACKING",
        "RESOURCE_ASSIGN_UUID",
        "SET_SCANOUT",
        "RESOURCE_FLUSH",
        "TRANSFER_TO_HOST_2D",
        "RESOURCE_DETACH_BACKING",
        "RESOURCE_UNREF"
    };

    private final LongAdder adder = new LongAdder();

    @SuppressWarnings("NullAway.Init")
    private CommandMeter meter;

    @SuppressWarnings("NullAway.Init")
    private Timer timer;

    /** Which command is next, and how long it took: each bucket is met. */
    @State(Scope.Thread)
    public static class Commands {
        private int next;

        String command() {
            return COMMANDS[next++ & COMMANDS.length - 1];
        }

        long nanos() {
            return 30_000L << (next & 15);
        }
    }

    @Setup
    public void register() {
        ExemplarSampler sampler = new DefaultExemplarSampler(new SpanContextSupplier() {
            @Override
            public @Nullable String getTraceId() {
                return null;
            }

            @Override
            public @Nullable String getSpanId() {
                return null;
            }

            @Override
            public boolean isSampled() {
                return false;
            }
        });
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(
                PrometheusConfig.DEFAULT, new CollectorRegistry(true), Clock.SYSTEM, sampler);
        registry.config().meterFilter(new ServedMeters());
        meter = new CommandMeter(registry, "gpu");
        timer = Timer.builder("virtio.reference").register(registry);
    }

    /** A counter that is incremented and nothing else. */
    @Benchmark
    public void reference() {
        adder.increment();
    }

    /** A timer with the same buckets that nobody has to look up. */
    @Benchmark
    public void timerAlone(Commands commands) {
        timer.record(commands.nanos(), TimeUnit.NANOSECONDS);
    }

    /** What a service does for each command. */
    @Benchmark
    public void command(Commands commands) {
        meter.answered(commands.command(), "OK_NODATA", commands.nanos());
    }

    /** What it does for one that is a picture. */
    @Benchmark
    public void frame(Commands commands) {
        meter.answered("RESOURCE_FLUSH", "OK_NODATA", commands.nanos());
        meter.framePassed();
    }
}
