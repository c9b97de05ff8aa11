package dev.crossdev.benchmarks;

import dev.crossdev.cli.launch.ServiceProcess;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.GpuStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.testing.etcd.EtcdServer;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
 * What a driver waits for RESOURCE_ASSIGN_UUID over its stream, from a gpu-service process whose directory is in etcd. The
 * reference is one registration at a gpu-service that has no directory. {@code …InARow} are {@value #ROW} sent without waiting, and
 * their last answer. etcd has one member, on this machine, and writes to the folder for temporary files.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class RegistrationBenchmark {

    static final int ROW = 64;

    private static final int FORMAT = PixelFormat.B8G8R8A8_UNORM.number();
    private static final int SIDE = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    /** A device with resources that have no UUID yet, made and taken away outside of what is measured. */
    @State(Scope.Benchmark)
    public abstract static class Service {
        private final int resources;
        private final boolean inEtcd;

        @SuppressWarnings("NullAway.Init")
        private Path folder;

        @SuppressWarnings("NullAway.Init")
        private ServiceProcess gpu;

        @SuppressWarnings("NullAway.Init")
        private ManagedChannel channel;

        @SuppressWarnings("NullAway.Init")
        private DeviceStream<GpuRequest, GpuReply, NoEvent> stream;

        private final List<EtcdServer> etcd = new ArrayList<>();

        Service(int resources, boolean inEtcd) {
            this.resources = resources;
            this.inEtcd = inEtcd;
        }

        @Setup(Level.Trial)
        public void start() throws IOException {
            folder = Files.createTempDirectory("registration");
            List<String> settings = new ArrayList<>(List.of("quarkus.http.port=0", "quarkus.management.port=0"));
            if (inEtcd) {
                EtcdServer server = EtcdServer.start(Files.createDirectory(folder.resolve("etcd")));
                etcd.add(server);
                settings.add("crossdev.directory.kind=etcd");
                settings.add("crossdev.directory.endpoints=127.0.0.1:" + server.port());
            }
            gpu = ServiceProcess.start(
                            "gpu-service",
                            Path.of("gpu-service/target/quarkus-app"),
                            folder,
                            List.of("-Xmx192m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=96m"),
                            settings)
                    .await(PATIENCE);
            channel = Channels.plaintext(gpu.address().host(), gpu.address().port());
            stream = open();
        }

        /** Once the service has its place in the directory. */
        private DeviceStream<GpuRequest, GpuReply, NoEvent> open() {
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (true) {
                try {
                    return GpuStream.open(
                            channel, OpenStream.of("benchmark", "vm0"), new StreamListener<>() {}, PATIENCE);
                } catch (RuntimeException e) {
                    if (System.nanoTime() > deadline) {
                        throw e;
                    }
                }
            }
        }

        /** One more than is measured: when that one is registered, nothing is on its way to the directory any more. */
        @Setup(Level.Invocation)
        public void create() {
            send(resources + 1, id -> new GpuCommand.ResourceCreate2d(id, FORMAT, SIDE, SIDE));
            send(1, _ -> new GpuCommand.ResourceAssignUuid(resources + 1));
        }

        @TearDown(Level.Invocation)
        public void unref() {
            send(resources + 1, GpuCommand.ResourceUnref::new);
        }

        @TearDown(Level.Trial)
        public void stop() throws IOException {
            stream.close();
            channel.shutdownNow();
            gpu.close();
            etcd.forEach(EtcdServer::close);
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }

        void register() {
            send(resources, GpuCommand.ResourceAssignUuid::new);
        }

        private interface OfResource {
            GpuCommand command(int id);
        }

        /** One for each resource, without waiting in between; whatever is refused ends the benchmark. */
        private void send(int count, OfResource command) {
            CompletableFuture.allOf(IntStream.rangeClosed(1, count)
                            .mapToObj(id -> stream.submit(GpuRequest.of(command.command(id)))
                                    .thenAccept(completion -> {
                                        GpuResult result =
                                                completion.response().response().result();
                                        if (result != GpuResult.OK_NODATA && result != GpuResult.OK_RESOURCE_UUID) {
                                            throw new IllegalStateException("answered " + result);
                                        }
                                    }))
                            .toArray(CompletableFuture[]::new))
                    .join();
        }
    }

    /** No directory. */
    public static class Local extends Service {
        public Local() {
            super(1, false);
        }
    }

    /** No directory, many resources. */
    public static class LocalRow extends Service {
        public LocalRow() {
            super(ROW, false);
        }
    }

    /** In etcd. */
    public static class Etcd extends Service {
        public Etcd() {
            super(1, true);
        }
    }

    /** In etcd, many resources. */
    public static class EtcdRow extends Service {
        public EtcdRow() {
            super(ROW, true);
        }
    }

    /** One, where nothing has to be told to anybody. */
    @Benchmark
    public void reference(Local service) {
        service.register();
    }

    @Benchmark
    public void localInARow(LocalRow service) {
        service.register();
    }

    @Benchmark
    public void etcd(Etcd service) {
        service.register();
    }

    @Benchmark
    public void etcdInARow(EtcdRow service) {
        service.register();
    }
}
