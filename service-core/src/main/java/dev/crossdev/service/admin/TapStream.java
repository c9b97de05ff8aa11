package dev.crossdev.service.admin;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.flow.StreamSink;
import dev.crossdev.grpc.flow.StreamWriter;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.admin.v1.TapAnswer;
import dev.crossdev.proto.admin.v1.TapDeviceResponse;
import dev.crossdev.proto.admin.v1.TapEvent;
import dev.crossdev.proto.admin.v1.TapHeader;
import dev.crossdev.proto.admin.v1.TapNotice;
import dev.crossdev.proto.admin.v1.TapRequest;
import dev.crossdev.proto.admin.v1.TapWaiting;
import dev.crossdev.proto.device.v1.ConfigContent;
import dev.crossdev.proto.device.v1.DeviceEvent;
import dev.crossdev.proto.device.v1.DeviceReset;
import dev.crossdev.proto.device.v1.DeviceUnplugged;
import dev.crossdev.proto.device.v1.MemoryRegion;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.service.house.TapListener;
import dev.crossdev.virtio.capture.Bytes;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Sends what is seen of a device as fast as its receiver reads. What it has not read is bounded in number and bytes; beyond
 * that whole exchanges are left out, and the receiver is told how many before it is told of the next.
 */
final class TapStream implements TapListener {

    private static final Logger LOG = Logger.getLogger(TapStream.class);

    /** Above these no exchange is begun; the answers of those that were are always kept. */
    private static final int MAX_BACKLOG = 8192;

    private static final long MAX_BACKLOG_BYTES = 8 << 20;

    private final String type;
    private final StreamWriter<TapDeviceResponse> writer;
    private final AtomicLong queuedBytes = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile Runnable unwatch = () -> {};

    private TapStream(String type, ServerCallStreamObserver<TapDeviceResponse> observer) {
        this.type = type;
        // A limit that its own bounds keep it from: what may still come are answers, as many as a device has pending.
        this.writer = new StreamWriter<>(new CountingSink(observer), MAX_BACKLOG, Integer.MAX_VALUE);
        observer.setOnReadyHandler(writer::flush);
        observer.setOnCancelHandler(() -> {
            writer.cancelled();
            end();
        });
    }

    /**
     * To be called before the service's method returns.
     *
     * @param type of the device
     * @param watch begins to watch, on a virtual thread, and says how to stop
     */
    static void send(
            String type, ServerCallStreamObserver<TapDeviceResponse> observer, Function<TapListener, Runnable> watch) {
        TapStream stream = new TapStream(type, observer);
        Thread.ofVirtual().name("tap").start(() -> stream.begin(watch));
    }

    private void begin(Function<TapListener, Runnable> watch) {
        try {
            unwatch = watch.apply(this);
            if (over.get()) {
                // The client went while the device was being looked for, or the device did.
                unwatch.run();
            }
        } catch (RuntimeException e) {
            if (!Statuses.isExpected(e)) {
                LOG.error("a tap failed", e);
            }
            writer.fail(Statuses.toException(e));
            end();
        }
    }

    private void end() {
        over.set(true);
        unwatch.run();
    }

    @Override
    public void awaiting() {
        offer(TapDeviceResponse.newBuilder()
                .setWaiting(TapWaiting.getDefaultInstance())
                .build());
    }

    @Override
    public void attached(Subject subject) {
        TapHeader.Builder header = TapHeader.newBuilder()
                .setType(type)
                .setGuest(subject.key().guest())
                .setDevice(subject.key().device())
                .setOfferedFeatures(subject.offered().bits())
                .setFeatures(subject.features().bits())
                .setConfig(bytes(subject.config()))
                .setEpoch(subject.epoch())
                .setBootId(BootId.local().bytes());
        subject.memory()
                .forEach(region -> header.addMemory(MemoryRegion.newBuilder()
                        .setGuestAddress(region.address())
                        .setSize(region.size())));
        offer(TapDeviceResponse.newBuilder().setHeader(header).build());
    }

    @Override
    public boolean submitted(Submitted command) {
        if (writer.backlog() >= MAX_BACKLOG || queuedBytes.get() >= MAX_BACKLOG_BYTES) {
            dropped.incrementAndGet();
            return false;
        }
        tellDropped();
        for (Input input : command.inputs()) {
            offer(TapDeviceResponse.newBuilder()
                    .setMemory(
                            MemoryWrite.newBuilder().setAddress(input.address()).setData(bytes(input.data())))
                    .build());
        }
        TapRequest.Builder request = TapRequest.newBuilder()
                .setId(command.id())
                .setSequence(command.sequence())
                .setQueue(command.queue())
                .setReadable(bytes(command.readable()))
                .setSubmittedNanos(command.nanos());
        command.writable().ifPresent(room -> request.setWritableSize((int) room));
        offer(TapDeviceResponse.newBuilder().setRequest(request).build());
        return true;
    }

    @Override
    public void answered(long id, Bytes written, long nanos) {
        offer(TapDeviceResponse.newBuilder()
                .setAnswer(TapAnswer.newBuilder()
                        .setId(id)
                        .setWritten(bytes(written))
                        .setAnsweredNanos(nanos))
                .build());
    }

    @Override
    public void event(int queue, Bytes written, long nanos) {
        offer(TapDeviceResponse.newBuilder()
                .setEvent(TapEvent.newBuilder()
                        .setQueue(queue)
                        .setWritten(bytes(written))
                        .setNanos(nanos))
                .build());
    }

    @Override
    public void configChanged(Bytes config, long nanos) {
        notice(
                DeviceEvent.newBuilder()
                        .setConfigChanged(ConfigContent.newBuilder().setData(bytes(config))),
                nanos);
    }

    @Override
    public void reset(long epoch, long nanos) {
        notice(DeviceEvent.newBuilder().setReset(DeviceReset.newBuilder().setEpoch(epoch)), nanos);
    }

    @Override
    public void unplugged(String reason, long nanos) {
        tellDropped();
        notice(
                DeviceEvent.newBuilder()
                        .setUnplugged(DeviceUnplugged.newBuilder().setReason(reason)),
                nanos);
        writer.complete();
        // Not here: the device's lock is held, and the house's comes before it.
        Thread.ofVirtual().name("tap-end").start(this::end);
    }

    private void notice(DeviceEvent.Builder event, long nanos) {
        offer(TapDeviceResponse.newBuilder()
                .setNotice(TapNotice.newBuilder().setEvent(event).setNanos(nanos))
                .build());
    }

    private void tellDropped() {
        long missed = dropped.getAndSet(0);
        if (missed > 0) {
            offer(TapDeviceResponse.newBuilder().setDropped(missed).build());
        }
    }

    private void offer(TapDeviceResponse message) {
        int size = message.getSerializedSize();
        queuedBytes.addAndGet(size);
        writer.offer(message);
    }

    private static ByteString bytes(Bytes bytes) {
        return UnsafeByteOperations.unsafeWrap(bytes.toArray());
    }

    /** Knows what has gone. */
    private final class CountingSink implements StreamSink<TapDeviceResponse> {
        private final ServerCallStreamObserver<TapDeviceResponse> observer;

        CountingSink(ServerCallStreamObserver<TapDeviceResponse> observer) {
            this.observer = observer;
        }

        @Override
        public boolean isReady() {
            return observer.isReady();
        }

        @Override
        public void send(TapDeviceResponse message) {
            queuedBytes.addAndGet(-message.getSerializedSize());
            observer.onNext(message);
        }

        @Override
        public void complete() {
            observer.onCompleted();
        }

        @Override
        public void fail(StatusRuntimeException failure) {
            observer.onError(failure);
        }
    }
}
