package dev.crossdev.benchmarks;

import dev.crossdev.service.house.CommandTrace;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.trace.CommandSpans;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.capture.RawBuffer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.util.Optional;
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
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What tracing costs a command: with tracing off, on for a command in no trace, and for one that gets a span. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class CommandSpansBenchmark {

    private static final DeviceKey DEVICE = new DeviceKey("default", "vm0");
    private static final CommandOrigin IN_A_TRACE = new CommandOrigin() {
        private final TraceContext trace =
                new TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "");

        @Override
        public long sequence() {
            return 1;
        }

        @Override
        public Optional<RawBuffer> buffer() {
            return Optional.empty();
        }

        @Override
        public TraceContext trace() {
            return trace;
        }
    };

    private final LongAdder adder = new LongAdder();
    private final CommandSpans off = new CommandSpans(OpenTelemetry.noop(), true);
    /** Spans are made and go nowhere. */
    private final CommandSpans on = new CommandSpans(OpenTelemetrySdk.builder().build(), false);

    /** A counter that is incremented and nothing else. */
    @Benchmark
    public void reference() {
        adder.increment();
    }

    @Benchmark
    public @Nullable CommandTrace off() {
        return command(off, IN_A_TRACE);
    }

    @Benchmark
    public @Nullable CommandTrace onInNoTrace() {
        return command(on, CommandOrigin.MESSAGE);
    }

    @Benchmark
    public @Nullable CommandTrace onInATrace() {
        return command(on, IN_A_TRACE);
    }

    private static @Nullable CommandTrace command(CommandSpans spans, CommandOrigin origin) {
        CommandTrace trace = spans.taken("gpu", DEVICE, "RESOURCE_ASSIGN_UUID", origin);
        if (trace != null) {
            trace.atDevice(System.nanoTime(), () -> {});
            trace.answered("OK_RESOURCE_UUID", null, System.nanoTime(), () -> {});
        }
        return trace;
    }
}
