package dev.crossdev.system;

import com.google.protobuf.ByteString;
import dev.crossdev.proto.device.v1.Chain;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.gpu.v1.ControlQueueRequest;
import dev.crossdev.proto.gpu.v1.ControlQueueResponse;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A client that shares no code with the guest: bytes of a virtqueue, sent by plain gRPC. */
final class RawDoor {

    /** GET_DISPLAY_INFO (0x0100), little-endian, 24 bytes. */
    private static final byte[] GET_DISPLAY_INFO =
            HexFormat.of().parseHex("000100000000000000000000000000000000000000000000");

    /** struct virtio_gpu_resp_display_info. */
    private static final int DISPLAY_INFO_BYTES = 408;

    private RawDoor() {}

    /** From sending one command to having its answer. */
    static Duration roundTrip(Channel gpu) {
        CompletableFuture<ControlQueueResponse> opened = new CompletableFuture<>();
        CompletableFuture<ControlQueueResponse> used = new CompletableFuture<>();
        StreamObserver<ControlQueueRequest> requests = GpuDeviceGrpc.newStub(gpu)
                .controlQueue(new StreamObserver<>() {
                    @Override
                    public void onNext(ControlQueueResponse response) {
                        (response.hasOpened() ? opened : used).complete(response);
                    }

                    @Override
                    public void onError(Throwable failure) {
                        opened.completeExceptionally(failure);
                        used.completeExceptionally(failure);
                    }

                    @Override
                    public void onCompleted() {}
                });
        try {
            requests.onNext(ControlQueueRequest.newBuilder()
                    .setOpen(Open.newBuilder().setGuest("raw").setDevice("vm0"))
                    .build());
            var _ = opened.get(10, TimeUnit.SECONDS);
            long sent = System.nanoTime();
            requests.onNext(ControlQueueRequest.newBuilder()
                    .setChain(Chain.newBuilder()
                            .setSequence(1)
                            .setReadable(ByteString.copyFrom(GET_DISPLAY_INFO))
                            .setWritableSize(DISPLAY_INFO_BYTES))
                    .build());
            ByteString written = used.get(10, TimeUnit.SECONDS).getUsed().getWritten();
            long answered = System.nanoTime();
            if (written.size() != DISPLAY_INFO_BYTES || written.byteAt(0) != 0x01 || written.byteAt(1) != 0x11) {
                throw new AssertionError(
                        "not OK_DISPLAY_INFO: " + HexFormat.of().formatHex(written.toByteArray()));
            }
            return Duration.ofNanos(answered - sent);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        } finally {
            requests.onCompleted();
        }
    }
}
