package dev.crossdev.benchmarks;

import dev.crossdev.dmabuf.memory.EventDescriptor;
import dev.crossdev.gpu.door.FrontEnd;
import dev.crossdev.gpu.door.VhostUserHost;
import dev.crossdev.service.metrics.TurnaroundMeter;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a virtual machine waits for the registration of a new buffer over vhost-user: from its kick to the call that answers
 * RESOURCE_ASSIGN_UUID. The reference is the least that two threads can do with two eventfds: the one signals and waits in
 * poll, the other waits in poll and signals back. The device's own share of it, by the meter that a service has, is printed
 * when a fork ends.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class KickToCallBenchmark {

    /** Two threads and two eventfds. */
    @State(Scope.Benchmark)
    public static class PingPong {
        private final EventDescriptor ping = EventDescriptor.create();
        private final EventDescriptor pong = EventDescriptor.create();
        private final EventWait answer = new EventWait(pong);
        private volatile boolean over;

        @SuppressWarnings("NullAway.Init")
        private Thread echo;

        @Setup
        public void start() {
            echo = Thread.ofPlatform().name("echo").start(() -> {
                EventWait asked = new EventWait(ping);
                while (!over) {
                    asked.await();
                    pong.signal();
                }
            });
        }

        @TearDown
        public void stop() throws InterruptedException {
            over = true;
            ping.signal();
            echo.join();
            ping.close();
            pong.close();
        }
    }

    /** A device behind a socket, and a machine in front. */
    @State(Scope.Benchmark)
    public static class Machine {
        private static final String NAME = "RESOURCE_ASSIGN_UUID";

        private volatile @Nullable TurnaroundMeter meter;

        @SuppressWarnings("NullAway.Init")
        private SimpleMeterRegistry registry;

        @SuppressWarnings("NullAway.Init")
        private Path folder;

        @SuppressWarnings("NullAway.Init")
        private VhostUserHost host;

        @SuppressWarnings("NullAway.Init")
        private FrontEnd frontEnd;

        @SuppressWarnings("NullAway.Init")
        private EventWait call;

        private int resource;

        @Setup(Level.Trial)
        public void start() throws IOException {
            folder = Files.createTempDirectory("kick-to-call");
            Path socket = folder.resolve("gpu.sock");
            host = new VhostUserHost(socket, (command, nanos) -> {
                TurnaroundMeter now = meter;
                if (now != null) {
                    now.turnedAround(command, nanos);
                }
            });
            frontEnd = FrontEnd.connect(socket);
            frontEnd.realize();
            frontEnd.start(0, 0);
            call = new EventWait(frontEnd.calls[0]);
        }

        /** So that what is printed in the end is of the last iteration, when all is warm. */
        @Setup(Level.Iteration)
        public void newMeter() {
            registry = new SimpleMeterRegistry();
            registry.config().meterFilter(new MeterFilter() {
                @Override
                public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
                    return DistributionStatisticConfig.builder()
                            .percentiles(0.5, 0.99)
                            .percentilePrecision(3)
                            .build()
                            .merge(config);
                }
            });
            meter = new TurnaroundMeter(registry, "gpu");
        }

        @Setup(Level.Invocation)
        public void newResource() {
            done(new GpuCommand.ResourceCreate2d(++resource, PixelFormat.B8G8R8X8_UNORM.number(), 16, 16));
        }

        @TearDown(Level.Invocation)
        public void unref() {
            done(new GpuCommand.ResourceUnref(resource));
        }

        @TearDown(Level.Trial)
        public void stop() throws IOException {
            ValueAtPercentile[] device = registry.get("virtio.queue.turnaround")
                    .tag("command", NAME)
                    .timer()
                    .takeSnapshot()
                    .percentileValues();
            System.out.printf(
                    "%nvirtio.queue.turnaround{command=\"%s\"}: p50 %.1f us, p99 %.1f us%n",
                    NAME, device[0].value(TimeUnit.NANOSECONDS) / 1e3, device[1].value(TimeUnit.NANOSECONDS) / 1e3);
            frontEnd.close();
            host.close();
            Files.deleteIfExists(folder);
        }

        private void done(GpuCommand command) {
            GpuReply reply = run(command);
            if (reply.response().result() != GpuResult.OK_NODATA) {
                throw new AssertionError(reply.toString());
            }
        }

        private GpuReply run(GpuCommand command) {
            frontEnd.send(command);
            while (true) {
                call.await();
                Optional<GpuReply> reply = frontEnd.poll();
                if (reply.isPresent()) {
                    return reply.get();
                }
            }
        }
    }

    @Benchmark
    public void reference(PingPong events) {
        events.ping.signal();
        events.answer.await();
    }

    @Benchmark
    public GpuReply assignUuid(Machine machine) {
        return machine.run(new GpuCommand.ResourceAssignUuid(machine.resource));
    }
}
