package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.cli.launch.ServiceProcess;
import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.report.RunChecks;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.cli.run.Harness;
import dev.crossdev.cli.run.ServiceOptions.ServicesInUse;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.grpc.status.HostedElsewhereException;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.pipeline.RunParameters.InjectedTiming;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.trace.RegistrationTraces;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.ExecuteResponse;
import dev.crossdev.proto.gpu.v1.GpuCommand;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.gpu.v1.PixelFormat;
import dev.crossdev.proto.gpu.v1.ResourceAssignUuid;
import dev.crossdev.proto.gpu.v1.ResourceCreate2d;
import dev.crossdev.service.directory.etcd.EtcdDirectory;
import dev.crossdev.service.directory.etcd.EtcdSettings;
import dev.crossdev.testing.RequiresProgram;
import dev.crossdev.testing.etcd.EtcdServer;
import io.grpc.ManagedChannel;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Three gpu-services, one video-service and a real etcd, as processes. */
@RequiresProgram(value = "etcd", debianPackage = "etcd-server")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class DirectoryTest {

    private static final Duration START = Duration.ofSeconds(180);
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int BUFFERS = 8;
    private static final int GPUS = 3;

    private final ClipFile clip = ClipFile.open(Checkout.CLIP);
    private final RunChecks checks =
            new RunChecks(clip.reference().hex(), clip.reference().frames());
    private final List<ServiceProcess> gpus = new ArrayList<>();
    private ServiceProcess video;
    private EtcdServer etcd;
    private EtcdDirectory directory;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        etcd = EtcdServer.start(Files.createDirectory(folder.resolve("etcd")));
        directory = new EtcdDirectory(
                Channels.PLAIN,
                new EtcdSettings(
                        List.of(new HostPort("127.0.0.1", etcd.port())),
                        "/crossdev",
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(5)));
        List<ServiceProcess.Starting> starting = new ArrayList<>();
        for (int i = 0; i < GPUS; i++) {
            starting.add(service("gpu-service", Files.createDirectory(folder.resolve("gpu-" + i))));
        }
        ServiceProcess.Starting startingVideo =
                service("video-service", Files.createDirectory(folder.resolve("video")));
        starting.forEach(each -> gpus.add(each.await(START)));
        video = startingVideo.await(START);
    }

    private ServiceProcess.Starting service(String name, Path folder) {
        return ServiceProcess.start(
                name,
                Checkout.HOME.resolve(name).resolve("target/quarkus-app"),
                folder,
                List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=64m"),
                List.of(
                        "quarkus.http.port=0",
                        "quarkus.management.port=0",
                        "crossdev.directory.kind=etcd",
                        "crossdev.directory.endpoints=127.0.0.1:" + etcd.port(),
                        "crossdev.directory.lease=3S"));
    }

    @AfterAll
    void stop() {
        gpus.forEach(ServiceProcess::close);
        video.close();
        directory.close();
        etcd.close();
    }

    @Test
    @Order(1)
    void aDeviceIsAtOneInstanceAndTheOthersSayWhich() {
        ExecuteResponse made = execute(gpus.get(0), "tenant", create());
        assertThat(made.getCompletion().getResultValue()).isEqualTo(0x1100);

        assertThatThrownBy(() -> execute(gpus.get(1), "tenant", create()))
                .isInstanceOfSatisfying(
                        HostedElsewhereException.class,
                        e -> assertThat(e.instance())
                                .isEqualTo(gpus.get(0).address().toString()));
        // Another guest's device of that name is another device, and learns nothing of it.
        assertThat(execute(gpus.get(1), "stranger", create()).getCompletion().getResultValue())
                .isEqualTo(0x1100);
    }

    @Test
    @Order(2)
    void withoutEtcdARegistrationIsAnErrorAndTheInstanceIsNotReady() {
        ServiceProcess gpu = gpus.get(0);
        UUID before = assign(gpu, "tenant");
        assertThat(place("tenant", before)).isEqualTo(gpu.address().toString());
        assertThat(readiness(gpu)).isEqualTo(200);
        execute(gpu, "tenant", create(2));

        etcd.kill();

        ExecuteResponse refused = execute(gpu, "tenant", assignment(2));
        assertThat(refused.getCompletion().getResultValue()).isEqualTo(0x1200);
        await().atMost(PATIENCE).until(() -> readiness(gpu) == 503);
        assertThat(Scrape.of(gpu.management()).sum("virtio_directory_lease")).isZero();

        etcd.start();

        await().atMost(PATIENCE).until(() -> readiness(gpu) == 200);
        assertThat(execute(gpu, "tenant", assignment(2)).getCompletion().getResultValue())
                .isEqualTo(0x1105);
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> place("tenant", before).equals(gpu.address().toString()));
        assertThat(Scrape.of(gpu.management())
                        .sum("virtio_directory_registration_seconds_count", "outcome=\"timeout\""))
                .isPositive();
    }

    @Test
    @Order(3)
    void killingOneInstanceFailsItsOwnDevicesOnlyAndItsUuidsVanishWithItsLease() throws Exception {
        ServiceProcess dying = gpus.getLast();
        UUID lost = assign(dying, "witness");
        UUID kept = assign(gpus.getFirst(), "onlooker");
        List<CompletableFuture<ReportRun>> runs = new ArrayList<>();
        for (ServiceProcess gpu : gpus) {
            runs.add(playing("guest-" + runs.size(), gpu.address()));
        }
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> frames(dying) > 5);
        dying.process().destroyForcibly();

        assertThatThrownBy(() -> runs.getLast().get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .hasCauseInstanceOf(DeviceGoneException.class)
                .hasMessageContaining("gpu-service");
        for (CompletableFuture<ReportRun> run : runs.subList(0, GPUS - 1)) {
            assertThat(checks.of(run.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)))
                    .isEmpty();
        }
        await().atMost(PATIENCE).until(() -> placeOrErrno("witness", lost).equals(Errno.ENOENT.toString()));
        assertThat(place("onlooker", kept)).isEqualTo(gpus.getFirst().address().toString());

        // The dead one's guest goes on at another instance.
        assertThat(checks.of(playing("guest-2", gpus.getFirst().address()).get(PATIENCE.toSeconds(), TimeUnit.SECONDS)))
                .isEmpty();
        Scrape meters = Scrape.of(video.management());
        assertThat(meters.sum("virtio_directory_lookup_seconds_count", "outcome=\"ok\""))
                .as("a look-up for each import, none for a frame")
                .isEqualTo(meters.sum("virtio_object_import_seconds_count", "outcome=\"ok\""));
    }

    private static double frames(ServiceProcess gpu) {
        return Scrape.of(gpu.management()).sum("virtio_frames_total");
    }

    private CompletableFuture<ReportRun> playing(String guest, HostPort gpu) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (ServicesInUse services = new ServicesInUse(
                                    gpu, video.address(), Channels.PLAIN, Optional.empty(), Optional.empty());
                            Harness harness = Harness.connect(
                                    Optional.of(guest),
                                    services,
                                    clip,
                                    BUFFERS,
                                    new SimpleMeterRegistry(),
                                    RegistrationTraces.OFF)) {
                        return harness.run(new RunParameters(
                                RegistrationStrategy.DEFERRED, BUFFERS, false, RunMode.FULL, InjectedTiming.NONE));
                    }
                },
                Thread::startVirtualThread);
    }

    private static GpuCommand create() {
        return create(1);
    }

    private static GpuCommand create(int id) {
        return GpuCommand.newBuilder()
                .setResourceCreate2D(ResourceCreate2d.newBuilder()
                        .setResourceId(id)
                        .setFormat(PixelFormat.PIXEL_FORMAT_B8G8R8A8_UNORM)
                        .setWidth(16)
                        .setHeight(16))
                .build();
    }

    private static GpuCommand assignment(int id) {
        return GpuCommand.newBuilder()
                .setResourceAssignUuid(ResourceAssignUuid.newBuilder().setResourceId(id))
                .build();
    }

    private UUID assign(ServiceProcess gpu, String guest) {
        execute(gpu, guest, create());
        return Uuids.fromProto(execute(gpu, guest, assignment(1))
                .getCompletion()
                .getResourceUuid()
                .getUuid());
    }

    private static ExecuteResponse execute(ServiceProcess gpu, String guest, GpuCommand command) {
        ManagedChannel channel =
                Channels.plaintext(gpu.address().host(), gpu.address().port());
        try {
            return GpuDeviceGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(60, TimeUnit.SECONDS)
                    .execute(ExecuteRequest.newBuilder()
                            .setGuest(guest)
                            .setDevice("vm9")
                            .setCommand(command)
                            .build());
        } catch (io.grpc.StatusRuntimeException e) {
            throw Statuses.toErrno(e);
        } finally {
            channel.shutdownNow();
        }
    }

    private String place(String guest, UUID uuid) {
        try {
            return directory
                    .find(guest, uuid)
                    .toCompletableFuture()
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .toString();
        } catch (ExecutionException e) {
            throw Statuses.toErrno(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private String placeOrErrno(String guest, UUID uuid) {
        try {
            return place(guest, uuid);
        } catch (ErrnoException e) {
            return e.errno().toString();
        }
    }

    private static int readiness(ServiceProcess service) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create("http://" + service.management() + "/q/health/ready")
                            .toURL()
                            .openConnection();
            return connection.getResponseCode();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
