package dev.crossdev.service.door;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.DeviceNotice;
import dev.crossdev.grpc.dialect.Inbound;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.Reply;
import dev.crossdev.grpc.dialect.ServerDialect;
import dev.crossdev.grpc.dialect.StreamOpened;
import dev.crossdev.grpc.dialect.Times;
import dev.crossdev.grpc.flow.InboundFlow;
import dev.crossdev.grpc.flow.StreamWriter;
import dev.crossdev.grpc.server.ServerWriters;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.DeviceSession;
import dev.crossdev.service.house.OpenRequest;
import dev.crossdev.service.house.SessionListener;
import dev.crossdev.service.log.DeviceLog;
import dev.crossdev.service.memory.GuestMemories;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.WindowGuestMemory;
import dev.crossdev.virtio.timing.Answered;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One stream and the device that it owns. Commands run on the thread that reads the stream (handing each to another thread
 * divides the throughput by ten); opening and letting go may wait, so they have a virtual thread of their own.
 */
final class DeviceStream<C, R, E, Q, A> implements StreamObserver<Q>, SessionListener<E> {

    private static final Logger LOG = Logger.getLogger(DeviceStream.class);
    private static final DeviceLog DEVICES = DeviceLog.of(DeviceStream.class);

    private enum Phase {
        /** The next message has to be the open. */
        NEW,
        /** No message comes: none was asked for. */
        OPENING,
        OPEN
    }

    private final DeviceHouse<C, R, E> house;
    private final GuestMemories memories;
    private final DoorLimits limits;
    private final ServerDialect<C, R, E, Q, A> dialect;
    private final BootId bootId = BootId.local();
    private final StreamWriter<A> writer;
    private final InboundFlow flow;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile boolean halfClosed;
    private volatile Phase phase = Phase.NEW;
    private volatile @Nullable DeviceSession<C, R, E> session;

    private DeviceStream(
            DeviceHouse<C, R, E> house,
            GuestMemories memories,
            DoorLimits limits,
            ServerDialect<C, R, E, Q, A> dialect,
            ServerCallStreamObserver<A> responses) {
        this.house = house;
        this.memories = memories;
        this.limits = limits;
        this.dialect = dialect;
        this.writer = ServerWriters.over(responses, limits.backlogMark(), limits.backlogLimit(), this::letGoSoon);
        this.flow = new InboundFlow(responses::request, writer, limits.prefetch(), limits.pending());
    }

    static <C, R, E, Q, A> StreamObserver<Q> begin(
            DeviceHouse<C, R, E> house,
            GuestMemories memories,
            DoorLimits limits,
            ServerDialect<C, R, E, Q, A> dialect,
            ServerCallStreamObserver<A> responses) {
        responses.disableAutoRequest();
        DeviceStream<C, R, E, Q, A> stream = new DeviceStream<>(house, memories, limits, dialect, responses);
        responses.request(1);
        return stream;
    }

    @Override
    public void onNext(Q message) {
        try {
            handle(dialect.decode(message));
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    @Override
    public void onError(Throwable gone) {
        writer.cancelled();
        letGoSoon();
    }

    /** The client has finished sending. What it asked for is still answered, for a while. */
    @Override
    public void onCompleted() {
        halfClosed = true;
        if (phase == Phase.NEW) {
            fail(new ErrnoException(Errno.EINVAL, "the stream ended before it opened a device"));
        } else if (!endIfDone()) {
            CompletableFuture.delayedExecutor(
                            limits.halfCloseGrace().toNanos(), TimeUnit.NANOSECONDS, Thread::startVirtualThread)
                    .execute(this::finish);
        }
    }

    private void handle(Inbound<C, R, A> inbound) {
        if (inbound instanceof Inbound.Open<C, R, A>(OpenStream open)) {
            if (phase != Phase.NEW) {
                throw new ErrnoException(Errno.EINVAL, "this stream has opened a device already");
            }
            phase = Phase.OPENING;
            Thread.ofVirtual().name("device-open").start(() -> open(open));
            return;
        }
        if (inbound instanceof Inbound.Refused<C, R, A>(ErrnoException error)) {
            throw error;
        }
        DeviceSession<C, R, E> device = session;
        if (device == null) {
            throw new ErrnoException(Errno.EINVAL, "the first message of a stream opens a device");
        }
        handle(device, inbound);
        flow.handled();
    }

    private void handle(DeviceSession<C, R, E> device, Inbound<C, R, A> inbound) {
        switch (inbound) {
            case Inbound.Command<C, R, A> command -> submit(device, command);
            case Inbound.BadCommand<C, R, A> bad -> {
                DEVICES.refused(device.key(), bad.sequence(), "", house.type().inWords(bad.answer()), bad.reason());
                long now = System.nanoTime();
                device.answeredAtDoor(bad, bad.answer());
                offer(bad.reply().message(bad.answer(), new Times(now, now, bootId)));
            }
            case Inbound.MemoryWrite<C, R, A>(long address, ByteString data) ->
                GuestWrites.apply(device.memory(), address, data);
            case Inbound.ConfigRead<C, R, A>(int offset, int length) -> {
                ByteString config = ByteString.copyFrom(device.config());
                int from = Math.min(offset, config.size());
                int to = length == 0 ? config.size() : (int) Math.min((long) from + length, config.size());
                offer(dialect.config(offset, config.substring(from, to)));
            }
            case Inbound.ConfigWrite<C, R, A>(int offset, ByteString data) ->
                device.writeConfig(offset, data.toByteArray());
            case Inbound.EventRoom<C, R, A>(var waiting) -> waiting.ifPresent(this::offer);
            case Inbound.Open<C, R, A> open -> throw new IllegalStateException("handled before: " + open);
            case Inbound.Refused<C, R, A> refused -> throw new IllegalStateException("handled before: " + refused);
        }
    }

    private void submit(DeviceSession<C, R, E> device, Inbound.Command<C, R, A> command) {
        flow.began();
        AtomicBoolean answered = new AtomicBoolean();
        boolean taken = device.submit(command.command(), command, answer -> {
            answer(device, command.reply(), answer);
            // An injected fault may answer twice.
            if (answered.compareAndSet(false, true)) {
                flow.ended();
                endIfDone();
            }
        });
        if (!taken) {
            flow.ended();
        }
    }

    /** Runs on the device's own threads too, which must not end by what goes wrong here. */
    private void answer(DeviceSession<C, R, E> device, Reply<R, A> reply, Answered<R> answer) {
        try {
            sendDeviceWrites(device.memory());
            offer(reply.message(answer.response(), times(answer)));
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    /** What the device wrote to a window goes before the completion that reports it. */
    private void sendDeviceWrites(GuestMemory memory) {
        if (memory instanceof WindowGuestMemory window) {
            GuestWrites.takeDeviceWrites(window, (address, data) -> offer(dialect.memoryWrite(address, data)));
        }
    }

    private Times times(Answered<R> answer) {
        return new Times(answer.receivedNanos(), answer.answeredNanos(), bootId);
    }

    private void open(OpenStream open) {
        DeviceKey key = new DeviceKey(open.guest(), open.device());
        try {
            DeviceSession<C, R, E> opened = house.open(
                    new OpenRequest(key, open.features(), memories.source(open.memory()), open.lease()), this);
            session = opened;
            phase = Phase.OPEN;
            if (over.get()) {
                // The client went while its device was being made.
                opened.end();
                return;
            }
            if (!halfClosed || !endIfDone()) {
                flow.start();
            }
        } catch (RuntimeException | Error e) {
            DEVICES.warn("opening refused", key, "is not opened: " + e.getMessage());
            fail(e);
        }
    }

    @Override
    public void opened(Features features, byte[] config, long epoch) {
        offer(dialect.opened(new StreamOpened(features, ByteString.copyFrom(config), epoch, bootId)));
    }

    @Override
    public void event(E event) {
        dialect.event(event).ifPresent(this::offer);
    }

    @Override
    public void configChanged(byte[] config) {
        offer(dialect.notice(new DeviceNotice.ConfigChanged(0, ByteString.copyFrom(config))));
    }

    @Override
    public void reset(long epoch) {
        dialect.reset();
        flow.forgetInFlight();
        offer(dialect.notice(new DeviceNotice.Reset(epoch)));
    }

    @Override
    public void unplugged(String reason) {
        offer(dialect.notice(new DeviceNotice.Unplugged(reason)));
        fail(new DeviceGoneException("the device was unplugged: " + reason));
    }

    @Override
    public void connectionDropped() {
        fail(new DeviceGoneException("the connection was dropped by an injected fault"));
    }

    private void offer(A message) {
        if (!writer.offer(message)) {
            letGoSoon();
        }
    }

    private boolean endIfDone() {
        if (!halfClosed || phase != Phase.OPEN || flow.inFlight() > 0) {
            return false;
        }
        Thread.ofVirtual().name("device-close").start(this::finish);
        return true;
    }

    private void finish() {
        letGo();
        writer.complete();
    }

    private void fail(Throwable failure) {
        if (!Statuses.isExpected(failure)) {
            LOG.error("a device's stream failed", failure);
        }
        writer.fail(Statuses.toException(failure));
        letGoSoon();
    }

    private void letGoSoon() {
        if (!over.get()) {
            Thread.ofVirtual().name("device-close").start(this::letGo);
        }
    }

    private void letGo() {
        if (over.compareAndSet(false, true)) {
            DeviceSession<C, R, E> device = session;
            if (device != null) {
                device.end();
            }
        }
    }
}
