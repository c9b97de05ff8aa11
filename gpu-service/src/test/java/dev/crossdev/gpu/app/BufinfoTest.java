package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.gpu.objects.LocalObjects;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.FirstAnswer;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.Uuids;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.BufferHolder;
import dev.crossdev.proto.admin.v1.BufferSuspicion;
import dev.crossdev.proto.admin.v1.ListBuffersRequest;
import dev.crossdev.proto.admin.v1.ListBuffersResponse;
import dev.crossdev.proto.objects.v1.AttachRequest;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchStart;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.PixelFormat;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What ListBuffers says of a buffer, and what it can be asked for. */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class BufinfoTest {

    private static final int FORMAT = PixelFormat.B8G8R8A8_UNORM.number();

    @Inject
    GrpcServer server;

    @Inject
    LocalObjects objects;

    private Client client;
    private String guest;
    private DeviceStream<GpuRequest, GpuReply, NoEvent> stream;

    /** Of resource 2; resource 3 has one too, resource 1 has none. */
    private UUID attached;

    private int attachment;

    /** Three resources: never exported, exported and attached by {@code importer/vd0}, exported and never asked for. */
    @BeforeEach
    void export() {
        client = new Client(server.getPort());
        guest = Client.unique();
        stream = client.open(OpenStream.of(guest, "vm0"));
        for (int id = 1; id <= 3; id++) {
            Client.answer(stream, new GpuCommand.ResourceCreate2d(id, FORMAT, 16, 16));
        }
        attached = uuid(2);
        var _ = uuid(3);
        watch();
        attachment = SharedObjectsGrpc.newBlockingStub(client.channel)
                .attach(AttachRequest.newBuilder()
                        .setGuest(guest)
                        .setUuid(Uuids.toBareProto(attached))
                        .setImporter("importer")
                        .setDevice("vd0")
                        .build())
                .getAttachment();
    }

    @AfterEach
    void disconnect() {
        Client.close(stream);
        client.close();
    }

    @Test
    void aBufferShowsItsRegistrationItsHoldersAndSinceWhen() {
        Buffer buffer = only(request -> request.setHolder("importer"));
        assertThat(buffer.getResourceId()).isEqualTo(2);
        assertThat(buffer.getType()).isEqualTo("gpu");
        assertThat(buffer.getReferences()).isEqualTo(2);
        assertThat(buffer.getAttachmentsList()).containsExactly("importer/vd0");
        BufferHolder holder = buffer.getHolders(0);
        assertThat(holder.getImporter()).isEqualTo("importer/vd0");
        assertThat(holder.getSince().getSeconds())
                .isGreaterThanOrEqualTo(buffer.getCreatedAt().getSeconds());
        assertThat(buffer.getRegistration().getState()).isEqualTo("OK");
        assertThat(buffer.getRegistration().getAsked()).isEqualTo(1);
        assertThat(buffer.getRegistration().getWaiters()).isZero();
        assertThat(buffer.getRegistration().hasSettledAt()).isTrue();
        assertThat(buffer.getFencesCount()).isZero();
        assertThat(buffers(request -> request).getBuffers(0).hasRegistration()).isFalse();
    }

    @Test
    void whoIsAtWorkOnItIsShownUntilItIsDone() {
        var fence = objects.find(guest, attached).orElseThrow().fence();
        assertThat(fence.tryAcquireWrite(attachment, Duration.ofSeconds(30))).isTrue();
        Buffer busy = only(request -> request.addSuspicions(BufferSuspicion.BUFFER_SUSPICION_BUSY));
        assertThat(busy.getFences(0).getUsage()).isEqualTo("write");
        assertThat(busy.getFences(0).getOwner()).isEqualTo("importer/vd0");
        assertThat(busy.getFences(0).getLeft().getSeconds()).isBetween(1L, 30L);
        assertThat(fence.releaseWrite(attachment, false)).isTrue();
        assertThat(ids(request -> request.addSuspicions(BufferSuspicion.BUFFER_SUSPICION_BUSY)))
                .isEmpty();
    }

    @Test
    void filtersNarrowDownWhatIsListedAndCounted() {
        assertThat(ids(request -> request)).containsExactly(1, 2, 3);
        assertThat(ids(request -> request.addSuspicions(BufferSuspicion.BUFFER_SUSPICION_UNATTACHED)))
                .containsExactly(1, 3);
        assertThat(ids(request -> request.addSuspicions(BufferSuspicion.BUFFER_SUSPICION_NEVER_ASKED)))
                .containsExactly(3);
        assertThat(ids(request -> request.addSuspicions(BufferSuspicion.BUFFER_SUSPICION_FAILED)))
                .isEmpty();
        assertThat(ids(request -> request.setState("none"))).containsExactly(1);
        assertThat(ids(request -> request.setState("ok"))).containsExactly(2, 3);
        assertThat(ids(request -> request.setHolder("importer/vd0"))).containsExactly(2);
        assertThat(ids(request -> request.setHolder("import"))).isEmpty();
        assertThat(ids(request -> request.setDevice("vm1"))).isEmpty();
        assertThat(ids(request -> request.setMinAge(
                        com.google.protobuf.Duration.newBuilder().setSeconds(3600))))
                .isEmpty();
        ListBuffersResponse page =
                buffers(request -> request.setPageSize(1).addSuspicions(BufferSuspicion.BUFFER_SUSPICION_UNATTACHED));
        assertThat(page.getTotalBuffers()).as("over all pages").isEqualTo(2);
        assertThat(page.getBuffersCount()).isEqualTo(1);
        assertThat(page.getNextPageToken()).isNotEmpty();
    }

    @Test
    void aBufferThatOutlivedItsResourceIsStillShownWithWhoHoldsIt() {
        Client.answer(stream, new GpuCommand.ResourceUnref(2));
        Buffer lingering = only(request -> request.setState("WITHDRAWN"));
        assertThat(lingering.getAttachmentsList()).containsExactly("importer/vd0");
        assertThat(lingering.getReferences()).isEqualTo(1);
    }

    @Test
    void anUnknownSuspicionIsInvalid() {
        assertThatThrownBy(() -> buffers(request -> request.addSuspicionsValue(99)))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    private void watch() {
        FirstAnswer<WatchResponse> first = new FirstAnswer<>();
        SharedObjectsGrpc.newStub(client.channel)
                .watch(first)
                .onNext(WatchRequest.newBuilder()
                        .setStart(WatchStart.newBuilder().setGuest(guest).setImporter("importer"))
                        .build());
        first.future().orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        await().atMost(Client.PATIENCE).until(() -> objects.importers() > 0);
    }

    private UUID uuid(int id) {
        return ((GpuResponse.OkResourceUuid) Client.answer(stream, new GpuCommand.ResourceAssignUuid(id))).uuid();
    }

    private Buffer only(UnaryOperator<ListBuffersRequest.Builder> asked) {
        List<Buffer> those = buffers(asked).getBuffersList();
        assertThat(those).hasSize(1);
        return those.getFirst();
    }

    private List<Integer> ids(UnaryOperator<ListBuffersRequest.Builder> asked) {
        return buffers(asked).getBuffersList().stream()
                .map(Buffer::getResourceId)
                .toList();
    }

    private ListBuffersResponse buffers(UnaryOperator<ListBuffersRequest.Builder> asked) {
        return client.admin()
                .listBuffers(asked.apply(ListBuffersRequest.newBuilder().setGuest(guest))
                        .build());
    }
}
