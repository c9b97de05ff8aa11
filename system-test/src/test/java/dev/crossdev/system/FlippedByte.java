package dev.crossdev.system;

import dev.crossdev.dmabuf.memory.DescriptorClient;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.guest.pipeline.FrameObserver;
import dev.crossdev.guest.pipeline.ShownFrame;
import dev.crossdev.proto.objects.v1.AttachRequest;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.proto.objects.v1.Extent;
import dev.crossdev.proto.objects.v1.ListRequest;
import dev.crossdev.proto.objects.v1.SharedObject;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchStart;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An importer with bad intentions: in the middle of a decode it maps an object of the gpu and flips one byte of it, then has
 * that object shown again.
 */
final class FlippedByte implements AutoCloseable {

    private static final String IMPORTER = "flipper";

    /** By then showing has long been slower than decoding: most buffers are full and wait to be shown. */
    private static final int FRAME = 40;

    private final ManagedChannel channel;
    private final AtomicBoolean flipped = new AtomicBoolean();

    FlippedByte(HostPort gpu) {
        this.channel = Channels.plaintext(gpu.host(), gpu.port());
    }

    boolean wasFlipped() {
        return flipped.get();
    }

    /** The eye of a harness that blinks: once, all objects of the guest lose a bit. */
    FrameObserver before(FrameObserver eye) {
        return frame -> {
            if (frame.number() == FRAME && flipped.compareAndSet(false, true)) {
                flipAll(frame);
            }
            eye.shown(frame);
        };
    }

    private void flipAll(ShownFrame frame) {
        CountDownLatch synchronised = new CountDownLatch(1);
        StreamObserver<WatchRequest> life = SharedObjectsGrpc.newStub(channel).watch(new StreamObserver<>() {
            @Override
            public void onNext(WatchResponse response) {
                if (response.hasSynchronized()) {
                    synchronised.countDown();
                }
            }

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onCompleted() {}
        });
        try {
            life.onNext(WatchRequest.newBuilder()
                    .setStart(WatchStart.newBuilder().setGuest(frame.guest()).setImporter(IMPORTER))
                    .build());
            if (!synchronised.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("the watch did not begin");
            }
            SharedObjectsGrpc.SharedObjectsBlockingStub objects = SharedObjectsGrpc.newBlockingStub(channel);
            for (SharedObject object : objects.list(
                            ListRequest.newBuilder().setGuest(frame.guest()).build())
                    .getObjectsList()) {
                flip(objects.attach(AttachRequest.newBuilder()
                        .setGuest(frame.guest())
                        .setUuid(object.getUuid())
                        .setImporter(IMPORTER)
                        .build()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        } finally {
            life.onCompleted();
        }
    }

    private static void flip(AttachResponse attached) {
        Extent extent = attached.getExtents(0);
        try (DescriptorClient descriptors =
                        DescriptorClient.connect(Path.of(attached.getDescriptorSocket()), Duration.ofSeconds(5));
                SharedMemory memory = descriptors.get(
                        MemoryToken.ofBytes(extent.getMemoryToken().toByteArray()), extent.getMemorySize())) {
            // What is still to be decoded will be overwritten; what is decoded and not yet shown will not.
            long at = extent.getOffset() + extent.getLength() / 2;
            byte old = memory.segment().get(ValueLayout.JAVA_BYTE, at);
            memory.segment().set(ValueLayout.JAVA_BYTE, at, (byte) (old ^ 0x55));
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
