package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.FirstAnswer;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.proto.admin.v1.SetTimingRequest;
import dev.crossdev.proto.admin.v1.WatchDevicesRequest;
import dev.crossdev.proto.admin.v1.WatchDevicesResponse;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.device.v1.Uuid;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.gpu.v1.DescribeRequest;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.GpuCommand;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.gpu.v1.PixelFormat;
import dev.crossdev.proto.gpu.v1.ResourceAssignUuid;
import dev.crossdev.proto.gpu.v1.ResourceCreate2d;
import dev.crossdev.proto.objects.v1.AttachRequest;
import dev.crossdev.proto.objects.v1.GetRequest;
import dev.crossdev.proto.objects.v1.ListRequest;
import dev.crossdev.proto.objects.v1.SharedObject;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.testing.tls.TestCa;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who may do what at a packaged gpu-service with mutual TLS. */
@ExtendWith(TlsServices.class)
class TrustTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration NEVER = Duration.ofDays(1);

    private final TlsServices.Running services;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private ManagedChannel alice;
    private ManagedChannel bob;
    private ManagedChannel admin;

    TrustTest(TlsServices.Running services) {
        this.services = services;
        this.alice = as("CN=alice");
        this.bob = as("CN=bob");
        this.admin = as("CN=root,OU=crossdev-admin");
    }

    @BeforeEach
    void aliceHasADeviceWithABuffer() {
        execute(alice, "", create(1));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    private ManagedChannel as(String subject) {
        return with(services.ca().issue(subject));
    }

    private ManagedChannel with(TestCa.Issued files) {
        ClientTls tls = ClientTls.of(new TlsFiles(services.ca().caFile(), files.certificate(), files.key()), NEVER);
        opened.add(tls);
        return closed(
                Channels.with(tls).to("127.0.0.1", services.gpu().address().port()));
    }

    private ManagedChannel withoutCertificate() {
        try {
            return closed(NettyChannelBuilder.forAddress(
                            "127.0.0.1",
                            services.gpu().address().port(),
                            TlsChannelCredentials.newBuilder()
                                    .trustManager(services.ca().caFile().toFile())
                                    .build())
                    .build());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private ManagedChannel closed(ManagedChannel channel) {
        opened.add(channel::shutdownNow);
        return channel;
    }

    private static GpuCommand create(int id) {
        return GpuCommand.newBuilder()
                .setResourceCreate2D(ResourceCreate2d.newBuilder()
                        .setResourceId(id)
                        .setFormat(PixelFormat.PIXEL_FORMAT_B8G8R8A8_UNORM)
                        .setWidth(64)
                        .setHeight(64))
                .build();
    }

    private static Uuid execute(ManagedChannel channel, String guest, GpuCommand command) {
        return GpuDeviceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .execute(ExecuteRequest.newBuilder()
                        .setGuest(guest)
                        .setDevice("vm0")
                        .setCommand(command)
                        .build())
                .getCompletion()
                .getResourceUuid()
                .getUuid();
    }

    private UUID uuidOfAlice() {
        return Uuids.fromProto(execute(
                alice,
                "",
                GpuCommand.newBuilder()
                        .setResourceAssignUuid(ResourceAssignUuid.newBuilder().setResourceId(1))
                        .build()));
    }

    private static DeviceAdminGrpc.DeviceAdminBlockingStub adminOf(ManagedChannel channel) {
        return DeviceAdminGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private static SharedObjectsGrpc.SharedObjectsBlockingStub objectsOf(ManagedChannel channel) {
        return SharedObjectsGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** The status of a call that fails, as its caller sees it: code, reason and words. */
    private static String refusal(Supplier<?> call) {
        try {
            return "no refusal but " + call.get();
        } catch (StatusRuntimeException e) {
            return refusal(e);
        }
    }

    private static String refusal(StatusRuntimeException e) {
        return e.getStatus().getCode() + " "
                + Statuses.errorInfo(e.getStatus(), e.getTrailers())
                        .map(info -> info.getReason())
                        .orElse("without a reason")
                + " " + e.getStatus().getDescription();
    }

    /** How a stream ends whose first message is this. */
    private static String end(ManagedChannel channel, CommandStreamRequest first) {
        return TrustTest.<CommandStreamResponse>endOf(answers -> {
            StreamObserver<CommandStreamRequest> requests =
                    GpuDeviceGrpc.newStub(channel).commandStream(answers);
            requests.onNext(first);
        });
    }

    private static <A> String endOf(Consumer<StreamObserver<A>> call) {
        FirstAnswer<A> first = new FirstAnswer<>();
        call.accept(first);
        return first.future()
                .handle((answer, failure) -> failure instanceof StatusRuntimeException status
                        ? refusal(status)
                        : "no refusal but " + (failure == null ? answer : failure))
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    private static CommandStreamRequest open(String guest) {
        return CommandStreamRequest.newBuilder()
                .setOpen(Open.newBuilder().setGuest(guest).setDevice("vm7"))
                .build();
    }

    @Test
    void withoutACertificateEveryCallIsUnauthenticatedButHealth() {
        ManagedChannel nobody = withoutCertificate();
        String refused = "UNAUTHENTICATED ENOKEY this service wants a client certificate";
        assertThat(refusal(() -> GpuDeviceGrpc.newBlockingStub(nobody).describe(DescribeRequest.getDefaultInstance())))
                .isEqualTo(refused);
        assertThat(refusal(() -> execute(nobody, "alice", create(2)))).isEqualTo(refused);
        assertThat(end(nobody, open("alice"))).isEqualTo(refused);
        assertThat(refusal(() -> adminOf(nobody).listDevices(ListDevicesRequest.getDefaultInstance())))
                .isEqualTo(refused);
        assertThat(refusal(() -> adminOf(nobody)
                        .watchDevices(WatchDevicesRequest.getDefaultInstance())
                        .next()))
                .isEqualTo(refused);
        assertThat(refusal(() -> objectsOf(nobody).list(ListRequest.getDefaultInstance())))
                .isEqualTo(refused);
        assertThat(TrustTest.<ServerReflectionResponse>endOf(answers -> ServerReflectionGrpc.newStub(nobody)
                        .serverReflectionInfo(answers)
                        .onNext(ServerReflectionRequest.newBuilder()
                                .setListServices("")
                                .build())))
                .isEqualTo(refused);

        assertThat(HealthGrpc.newBlockingStub(nobody)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isEqualTo(ServingStatus.SERVING);
    }

    @Test
    void aCertificateOfAnotherCaDoesNotGetThroughTheHandshake() {
        TestCa stranger = TestCa.in(services.folder().resolve("stranger-" + UUID.randomUUID()));
        ManagedChannel channel = with(stranger.issue("CN=root,OU=crossdev-admin"));
        assertThatThrownBy(() -> adminOf(channel).listDevices(ListDevicesRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }

    @Test
    void plainTextDoesNotGetThroughEither() {
        ManagedChannel plain =
                closed(Channels.plaintext("127.0.0.1", services.gpu().address().port()));
        assertThatThrownBy(() -> adminOf(plain).listDevices(ListDevicesRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }

    @Test
    void aCertificateWhoseNameNoGuestCanHaveIsOfNobody() {
        ManagedChannel odd = as("CN=Alice Liddell");
        assertThat(refusal(() -> execute(odd, "", create(2))))
                .startsWith("PERMISSION_DENIED EACCES the certificate names");
    }

    @Test
    void theWrongRoleIsPermissionDenied() {
        ManagedChannel importer = as("CN=video-service,OU=crossdev-importer");
        for (ManagedChannel noGuest : List.of(admin, importer)) {
            assertThat(refusal(() -> execute(noGuest, "alice", create(2)))).startsWith("PERMISSION_DENIED EACCES");
            assertThat(end(noGuest, open("alice"))).startsWith("PERMISSION_DENIED EACCES");
        }
        for (ManagedChannel noAdmin : List.of(alice, importer)) {
            assertThat(refusal(() -> adminOf(noAdmin).setTiming(SetTimingRequest.getDefaultInstance())))
                    .startsWith("PERMISSION_DENIED EACCES");
        }
        assertThat(refusal(() -> adminOf(importer).listDevices(ListDevicesRequest.getDefaultInstance())))
                .startsWith("PERMISSION_DENIED EACCES");
        for (ManagedChannel noImporter : List.of(alice, admin)) {
            assertThat(refusal(() -> objectsOf(noImporter).attach(AttachRequest.getDefaultInstance())))
                    .startsWith("PERMISSION_DENIED EACCES");
        }
    }

    @Test
    void aGuestSeesItsOwnDevicesBuffersAndObjectsAndNoOthers() {
        UUID uuid = uuidOfAlice();
        assertThat(adminOf(alice)
                        .listDevices(ListDevicesRequest.getDefaultInstance())
                        .getDevicesList())
                .isNotEmpty()
                .allSatisfy(device -> assertThat(device.getGuest()).isEqualTo("alice"));
        assertThat(objectsOf(alice).list(ListRequest.getDefaultInstance()).getObjectsList())
                .extracting(SharedObject::getUuid)
                .extracting(Uuids::fromProto)
                .contains(uuid);

        assertThat(adminOf(bob)
                        .listDevices(ListDevicesRequest.getDefaultInstance())
                        .getDevicesList())
                .isEmpty();
        assertThat(adminOf(bob).listBuffers(ListBuffersRequest.getDefaultInstance()))
                .satisfies(buffers -> {
                    assertThat(buffers.getBuffersList()).isEmpty();
                    assertThat(buffers.getTotalBuffers()).isZero();
                    assertThat(buffers.getTotalBytes()).isZero();
                });
        assertThat(objectsOf(bob).list(ListRequest.getDefaultInstance()).getObjectsList())
                .isEmpty();
        // The first that a watcher is told, when there is nothing to tell of.
        assertThat(adminOf(bob)
                        .watchDevices(WatchDevicesRequest.getDefaultInstance())
                        .next()
                        .getChangeCase())
                .isEqualTo(WatchDevicesResponse.ChangeCase.SYNCHRONIZED);

        assertThat(adminOf(admin)
                        .listDevices(ListDevicesRequest.getDefaultInstance())
                        .getDevicesList())
                .extracting(Device::getGuest)
                .contains("alice");
    }

    @Test
    void anotherGuestsDeviceOrUuidIsNotFoundWhetherItIsThereOrNot() {
        UUID uuid = uuidOfAlice();
        String there = refusal(() -> adminOf(bob)
                .getDevice(GetDeviceRequest.newBuilder()
                        .setGuest("alice")
                        .setDevice("vm0")
                        .build()));
        String notThere = refusal(() -> adminOf(bob)
                .getDevice(GetDeviceRequest.newBuilder()
                        .setGuest("nobody")
                        .setDevice("vm0")
                        .build()));
        assertThat(there).startsWith("NOT_FOUND ENOENT").isEqualTo(notThere);
        assertThat(refusal(() -> execute(bob, "alice", create(2)))).isEqualTo(there);
        assertThat(refusal(() -> execute(bob, "nobody", create(2)))).isEqualTo(there);
        assertThat(end(bob, open("alice"))).isEqualTo(there);
        assertThat(end(bob, open("nobody"))).isEqualTo(there);

        assertThat(refusal(() -> get(bob, "alice", uuid))).isEqualTo(there);
        UUID unknown = UUID.randomUUID();
        assertThat(refusal(() -> get(bob, "", uuid)).replace(uuid.toString(), "-"))
                .startsWith("NOT_FOUND ENOENT")
                .isEqualTo(refusal(() -> get(bob, "", unknown)).replace(unknown.toString(), "-"));
        assertThat(get(alice, "", uuid)).isEqualTo(uuid);
    }

    private static UUID get(ManagedChannel channel, String guest, UUID uuid) {
        return Uuids.fromProto(objectsOf(channel)
                .get(GetRequest.newBuilder()
                        .setGuest(guest)
                        .setUuid(Uuids.toProto(uuid))
                        .build())
                .getObject()
                .getUuid());
    }

    @Test
    void aGuestsStreamNeedNotSayWhoseItIs() {
        FirstAnswer<CommandStreamResponse> answer = new FirstAnswer<>();
        StreamObserver<CommandStreamRequest> stream = GpuDeviceGrpc.newStub(bob).commandStream(answer);
        stream.onNext(open(""));
        assertThat(answer.future()
                        .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .join()
                        .hasOpened())
                .isTrue();
        assertThat(adminOf(bob)
                        .listDevices(ListDevicesRequest.getDefaultInstance())
                        .getDevicesList())
                .singleElement()
                .satisfies(device -> assertThat(device.getGuest()).isEqualTo("bob"));
        stream.onCompleted();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(adminOf(bob)
                                .listDevices(ListDevicesRequest.getDefaultInstance())
                                .getDevicesList())
                        .isEmpty());
    }

    @Test
    void aNewConnectionSeesTheNewCertificateOfTheService() {
        String before = serial();
        services.ca().issue("CN=gpu-service", services.gpuFiles());
        // The files are two: a handshake fails while only one of them has been read.
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(serial()).isNotEqualTo(before));
        execute(as("CN=alice"), "", create(2));
        // A connection from before goes on.
        execute(alice, "", create(3));
    }

    private String serial() {
        return ServerCertificate.of(services.gpu().address()).getSerialNumber().toString();
    }
}
