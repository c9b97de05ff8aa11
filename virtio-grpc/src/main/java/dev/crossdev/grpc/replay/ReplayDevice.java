package dev.crossdev.grpc.replay;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.RawStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.RawChain;
import dev.crossdev.grpc.dialect.StreamMemory;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ResetDeviceRequest;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.TransportFeature;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CaptureEntry.Detail;
import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.video.VideoQueue;
import dev.crossdev.virtio.video.VideoWire;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A fresh device that is told what another one was told. */
final class ReplayDevice implements AutoCloseable {

    /** For answers whose room nobody wrote down: more than any answer needs but the largest. */
    private static final int ROOM = 4096;

    private final ReplayTarget target;
    private final DeviceStream<RawChain, ByteString, NoEvent> stream;
    private final Map<Exchange, CompletableFuture<Completion<ByteString>>> answers = new IdentityHashMap<>();
    private final Queue<CompletableFuture<Completion<ByteString>>> eventRooms = new ArrayDeque<>();
    private volatile CompletableFuture<Void> reset = new CompletableFuture<>();

    private ReplayDevice(ReplayTarget target, Duration patience) {
        this.target = target;
        List<MemoryRegion> memory = ReplayMemory.of(target.capture(), target.kind());
        OpenStream open = OpenStream.of(target.guest(), target.device());
        if (!memory.isEmpty()) {
            open = open.withMemory(new StreamMemory.Window(memory));
        }
        Optional<Features> features =
                target.capture().header().accepted().or(target.capture().header()::offered);
        if (features.isPresent()) {
            open = open.withFeatures(askable(features.get()));
        }
        StreamListener<NoEvent> listener = new StreamListener<>() {
            @Override
            public void reset(long epoch) {
                reset.complete(null);
            }
        };
        this.stream = switch (target.kind()) {
            case GPU -> RawStream.openGpu(target.service(), open, listener, patience);
            case VIDEO -> RawStream.openVideo(target.service(), open, listener, patience);
        };
        makeEventRoom();
    }

    /** @throws ErrnoException when the service refuses the device */
    static ReplayDevice open(ReplayTarget target, Duration patience) {
        return new ReplayDevice(target, patience);
    }

    /** How rings and notifications work means nothing on the raw door; what the device type offers is asked for exactly. */
    private static Features askable(Features captured) {
        Features ofDevice = captured.ofDeviceType();
        return captured.has(TransportFeature.VERSION_1) ? ofDevice.with(TransportFeature.VERSION_1) : ofDevice;
    }

    private void makeEventRoom() {
        if (target.kind() == DeviceKind.VIDEO) {
            long events = target.capture().exchanges().stream()
                    .filter(Exchange::isEvent)
                    .count();
            for (long i = 0; i < events; i++) {
                eventRooms.add(
                        stream.submit(new RawChain(VideoQueue.EVENT.index(), ByteString.EMPTY, VideoWire.EVENT_BYTES)));
            }
        }
    }

    void write(long address, Bytes data) {
        stream.writeMemory(address, ByteString.copyFrom(data.toArray()));
    }

    void submit(Exchange exchange, Bytes request) {
        // Nobody is known to have given the device no room where nothing is said: a device may answer with nothing.
        int room = exchange.detail()
                .map(Detail::writable)
                .filter(java.util.OptionalLong::isPresent)
                .map(writable -> (int) writable.getAsLong())
                .orElseGet(
                        () -> Math.max(ROOM, exchange.written().map(Bytes::size).orElse(0)));
        answers.put(
                exchange, stream.submit(new RawChain(exchange.queue(), ByteString.copyFrom(request.toArray()), room)));
    }

    /** What the device wrote; empty when it has not answered in time or never will. */
    Optional<Bytes> await(Exchange exchange, Duration patience) {
        @Nullable
        CompletableFuture<Completion<ByteString>> answer =
                exchange.isEvent() ? eventRooms.poll() : answers.get(exchange);
        if (answer == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Bytes.of(answer.get(patience.toNanos(), TimeUnit.NANOSECONDS)
                    .response()
                    .toByteArray()));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DeviceGoneException && !stream.closed().isDone()) {
                // Ended by a reset.
                return Optional.empty();
            }
            throw e.getCause() instanceof ErrnoException errno ? errno : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "interrupted", e);
        }
    }

    void reset(Duration patience) {
        reset = new CompletableFuture<>();
        var _ = DeviceAdminGrpc.newBlockingStub(target.service())
                .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
                .resetDevice(ResetDeviceRequest.newBuilder()
                        .setGuest(target.guest())
                        .setDevice(target.device())
                        .build());
        reset.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS).join();
        eventRooms.clear();
        makeEventRoom();
    }

    @Override
    public void close() {
        stream.close();
        // So that the name is free again when this returns; the stream's own patience bounds it.
        stream.closed().join();
    }
}
