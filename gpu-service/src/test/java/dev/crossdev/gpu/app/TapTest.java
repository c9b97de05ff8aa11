package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.client.RawStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.RawChain;
import dev.crossdev.proto.admin.v1.Fault;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.proto.admin.v1.NeverAnswer;
import dev.crossdev.proto.admin.v1.ResetDeviceRequest;
import dev.crossdev.proto.admin.v1.TapDeviceRequest;
import dev.crossdev.proto.admin.v1.TapDeviceResponse;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.memory.MemEntry;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a tap shows of a device, door by door. */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class TapTest {

    private static final ByteString UNREF_7 =
            ByteString.copyFrom(GpuWire.encodeRequest(GpuRequest.of(new GpuCommand.ResourceUnref(7))));
    private static final ByteString UNKNOWN_RESOURCE = ByteString.fromHex("03120000" + "00".repeat(20));

    @Inject
    GrpcServer server;

    private Client client;
    private String device;

    @BeforeEach
    void connect() {
        client = new Client(server.getPort());
        device = Client.unique();
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void theTypedStreamIsShownAsItWouldLieInAVirtqueue() {
        try (var stream = client.open(device)) {
            Iterator<TapDeviceResponse> tap = tap(false);
            TapDeviceResponse header = tap.next();
            assertThat(header.getHeader().getType()).isEqualTo("gpu");
            assertThat(header.getHeader().getDevice()).isEqualTo(device);
            assertThat(header.getHeader().getFeatures())
                    .isEqualTo(stream.opened().features().bits());
            assertThat(header.getHeader().getConfig().size()).isEqualTo(16);

            var _ = Client.answer(stream, new GpuCommand.ResourceUnref(7));

            assertUnref(tap, false);
        }
    }

    @Test
    void theRawStreamIsShownByteForByte() {
        try (var stream = RawStream.openGpu(
                client.channel, OpenStream.of("default", device), new StreamListener<>() {}, Client.PATIENCE)) {
            Iterator<TapDeviceResponse> tap = tap(false);
            assertThat(tap.next().hasHeader()).isTrue();
            for (String request : List.of("", "01", "0001" + "00".repeat(22) + "ffff")) {
                stream.submit(new RawChain(0, ByteString.fromHex(request), 100)).join();

                TapDeviceResponse asked = tap.next();
                assertThat(asked.getRequest().getReadable()).isEqualTo(ByteString.fromHex(request));
                assertThat(asked.getRequest().getWritableSize()).isEqualTo(100);
                TapDeviceResponse answered = tap.next();
                assertThat(answered.getAnswer().getId())
                        .isEqualTo(asked.getRequest().getId());
                assertThat(answered.getAnswer().getWritten().size()).isIn(24, 100);
            }
            stream.submit(new RawChain(5, UNREF_7, 100)).join();
            assertThat(tap.next().getRequest().getQueue()).isEqualTo(5);
            assertThat(tap.next().getAnswer().getWritten().size()).isZero();
        }
    }

    @Test
    void singleCommandsAreShown() {
        Iterator<TapDeviceResponse> tap = tap(true);
        assertThat(tap.next().hasWaiting()).isTrue();
        var _ = client.gpu()
                .execute(ExecuteRequest.newBuilder()
                        .setDevice(device)
                        .setCommand(dev.crossdev.proto.gpu.v1.GpuCommand.newBuilder()
                                .setResourceUnref(ResourceUnref.newBuilder().setResourceId(7)))
                        .build());

        assertThat(tap.next().hasHeader()).isTrue();
        assertUnref(tap, false);
    }

    @Test
    void aTapThatWaitsMissesNothing() {
        Iterator<TapDeviceResponse> tap = tap(true);
        assertThat(tap.next().hasWaiting()).isTrue();
        try (var stream = client.open(device)) {
            var _ = Client.answer(stream, new GpuCommand.ResourceUnref(7));
        }

        assertThat(tap.next().hasHeader()).isTrue();
        assertUnref(tap, false);
        assertThat(tap.next().getNotice().getEvent().hasUnplugged()).isTrue();
        assertThat(tap.hasNext()).as("it ends with the device").isFalse();
    }

    @Test
    void aDeviceThatIsNotThereIsNotFound() {
        assertThatThrownBy(() -> tap(false).next())
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    @Test
    void aCommandThatIsNeverAnsweredIsShownAllTheSame() {
        try (var stream = client.open(device)) {
            Iterator<TapDeviceResponse> tap = tap(false);
            assertThat(tap.next().hasHeader()).isTrue();
            var _ = client.admin()
                    .injectFault(InjectFaultRequest.newBuilder()
                            .setDevice(device)
                            .setFault(Fault.newBuilder().setNeverAnswer(NeverAnswer.getDefaultInstance()))
                            .build());
            var _ = stream.submit(GpuRequest.of(new GpuCommand.ResourceUnref(7)));

            assertThat(tap.next().getRequest().getReadable()).isEqualTo(UNREF_7);
            var _ = client.admin()
                    .resetDevice(
                            ResetDeviceRequest.newBuilder().setDevice(device).build());
            assertThat(tap.next().getNotice().getEvent().getReset().getEpoch()).isEqualTo(1);
        }
    }

    @Test
    void aTapThatDoesNotReadMissesExchangesAndIsToldHowMany() {
        int commands = 20_000;
        GpuRequest large =
                GpuRequest.of(new GpuCommand.ResourceAttachBacking(7, Collections.nCopies(60, new MemEntry(0, 4096))));
        Iterator<TapDeviceResponse> tap;
        try (var stream = client.open(device)) {
            tap = tap(false);
            assertThat(tap.next().hasHeader()).isTrue();
            for (int sent = 0; sent < commands; sent += 4_000) {
                List<CompletableFuture<?>> pending = new ArrayList<>();
                for (int i = 0; i < 4_000; i++) {
                    pending.add(stream.submit(large));
                }
                pending.forEach(CompletableFuture::join);
            }
        }
        long shown = 0;
        long answered = 0;
        long missed = 0;
        while (tap.hasNext()) {
            TapDeviceResponse part = tap.next();
            shown += part.hasRequest() ? 1 : 0;
            answered += part.hasAnswer() ? 1 : 0;
            missed += part.getDropped();
        }
        assertThat(missed).isPositive();
        assertThat(shown).isPositive().isEqualTo(answered);
        assertThat(shown + missed).isEqualTo(commands);
    }

    private static void assertUnref(Iterator<TapDeviceResponse> tap, boolean room) {
        TapDeviceResponse asked = tap.next();
        assertThat(asked.getRequest().getReadable()).isEqualTo(UNREF_7);
        assertThat(asked.getRequest().hasWritableSize()).isEqualTo(room);
        TapDeviceResponse answered = tap.next();
        assertThat(answered.getAnswer().getId()).isEqualTo(asked.getRequest().getId());
        assertThat(answered.getAnswer().getWritten()).isEqualTo(UNKNOWN_RESOURCE);
        assertThat(answered.getAnswer().getAnsweredNanos())
                .isGreaterThanOrEqualTo(asked.getRequest().getSubmittedNanos());
    }

    private Iterator<TapDeviceResponse> tap(boolean wait) {
        return client.admin()
                .tapDevice(TapDeviceRequest.newBuilder()
                        .setDevice(device)
                        .setWait(wait)
                        .build());
    }
}
