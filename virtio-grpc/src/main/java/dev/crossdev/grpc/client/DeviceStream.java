package dev.crossdev.grpc.client;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.ClientDialect;
import dev.crossdev.grpc.dialect.DeviceNotice;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.Outbound;
import dev.crossdev.grpc.dialect.StreamOpened;
import dev.crossdev.grpc.dialect.Times;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.virtio.TraceContext;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A driver's end of a device: commands go out in the order in which they are submitted, as many at a time as one likes,
 * and each ends with its answer or with the stream. Any thread may use it, and no method but {@link #open} waits. A
 * device may take as long as it likes, so whoever waits for a command brings a deadline of his own.
 *
 * <p>When the stream ends, for whatever reason, every pending command fails with {@link DeviceGoneException}, and so does
 * each later one. A reset fails those that are pending, as virtio drivers end them with ENODEV on their own side.
 *
 * <p>A driver that does not wait for answers is bounded by {@link #MAX_PENDING}; one that writes much memory should wait
 * for {@link #whenWritable} now and then.
 *
 * @param <C> command
 * @param <R> answer
 * @param <E> event of the device's protocol
 */
public final class DeviceStream<C, R, E> implements AutoCloseable {

    /** Commands without an answer that a stream may have; more fail with EAGAIN. */
    public static final int MAX_PENDING = 1 << 14;

    /** Messages in the writer from which on {@link #whenWritable} waits. */
    private static final int MARK = 256;

    /** Commands, memory writes and configuration accesses together. */
    private static final int BACKLOG_LIMIT = 4 * MAX_PENDING;

    /** Bytes of one memory write; longer ones go out in pieces. */
    private static final int PIECE = 256 << 10;

    /** How long a device may take to end a stream that the driver has closed. */
    private static final Duration CLOSING = Duration.ofSeconds(2);

    private final StreamListener<? super E> listener;
    private final PendingCommands<R> pending = new PendingCommands<>(MAX_PENDING);
    private final ReentrantLock configLock = new ReentrantLock();
    private final Queue<CompletableFuture<ByteString>> configReads = new ConcurrentLinkedQueue<>();
    private final Queue<CompletableFuture<Void>> waitForRoom = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<StreamOpened> opened = new CompletableFuture<>();
    private final CompletableFuture<ErrnoException> closed = new CompletableFuture<>();
    private final BootId here = BootId.local();
    private final Wire<C, ?> wire;
    private volatile long epoch;

    private DeviceStream(Wire<C, ?> wire, StreamListener<? super E> listener) {
        this.wire = wire;
        this.listener = listener;
        wire.onDrained(this::room);
    }

    /**
     * Opens a device and waits until it has answered.
     *
     * @param timeout how long to wait; afterwards the attempt is given up
     * @throws ErrnoException the device's refusal; {@link DeviceGoneException} when there is nobody; ETIMEDOUT; EINTR
     */
    public static <C, R, E, Q, A> DeviceStream<C, R, E> open(
            Channel channel,
            MethodDescriptor<Q, A> method,
            ClientDialect<C, R, E, Q, A> dialect,
            OpenStream open,
            StreamListener<? super E> listener,
            Duration timeout) {
        ClientStream<Q, A> call = new ClientStream<>(channel, method, MARK, BACKLOG_LIMIT);
        DeviceStream<C, R, E> stream = new DeviceStream<>(new Wire<>(dialect, call), listener);
        call.start(message -> stream.handle(dialect.decodeResponse(message)), stream::ended);
        stream.wire.open(open);
        stream.awaitOpened(timeout);
        return stream;
    }

    private void awaitOpened(Duration timeout) {
        ErrnoException why;
        try {
            epoch = opened.get(timeout.toNanos(), TimeUnit.NANOSECONDS).epoch();
            return;
        } catch (ExecutionException e) {
            why = Statuses.toErrno(e);
        } catch (TimeoutException e) {
            why = new ErrnoException(Errno.ETIMEDOUT, "the device did not open within " + timeout, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            why = new ErrnoException(Errno.EINTR, "interrupted while the device opened", e);
        }
        wire.cancel("not opened");
        throw why;
    }

    /** What the device said when it was opened. */
    public StreamOpened opened() {
        return opened.join();
    }

    /** The device's epoch as far as this side knows. */
    public long epoch() {
        return epoch;
    }

    /** Commands that have no answer yet. */
    public int pendingCommands() {
        return pending.size();
    }

    /**
     * Sends a command. The future ends on the thread of the stream: what depends on it and does not say another executor
     * must not wait. It fails with {@link DeviceGoneException}, with EPROTO for an answer that makes no sense, and with
     * EAGAIN when there are too many pending.
     */
    public CompletableFuture<Completion<R>> submit(C command) {
        return submit(command, TraceContext.NONE);
    }

    /** As {@link #submit(Object)}, for a command that belongs to a trace. */
    public CompletableFuture<Completion<R>> submit(C command, TraceContext trace) {
        CompletableFuture<Completion<R>> future = new CompletableFuture<>();
        submit(command, trace, new CompletionHandler<>() {
            @Override
            public void completed(Completion<R> completion) {
                future.complete(completion);
            }

            @Override
            public void failed(ErrnoException error) {
                future.completeExceptionally(error);
            }
        });
        return future;
    }

    /**
     * Sends a command whose end is handled on the thread of the stream, in the order of the answers. A command that is
     * refused at once ({@link DeviceGoneException}, EAGAIN) fails on the caller's thread.
     */
    public void submit(C command, CompletionHandler<R> handler) {
        submit(command, TraceContext.NONE, handler);
    }

    /** As {@link #submit(Object, CompletionHandler)}, for a command that belongs to a trace. */
    public void submit(C command, TraceContext trace, CompletionHandler<R> handler) {
        pending.add(
                        handler,
                        sequence -> wire.enqueueCommand(sequence, command, trace),
                        () -> new ErrnoException(Errno.EAGAIN, MAX_PENDING + " commands are pending"))
                .ifPresentOrElse(handler::failed, wire::flush);
    }

    /**
     * Writes guest memory of which the device keeps a copy; the device sees it before any command submitted later.
     *
     * @throws DeviceGoneException when the stream has ended
     */
    public void writeMemory(long address, ByteString data) {
        for (int at = 0; at < data.size(); at += PIECE) {
            ByteString piece = data.substring(at, Math.min(data.size(), at + PIECE));
            if (!wire.memoryWrite(address + at, piece)) {
                throw gone();
            }
        }
    }

    /**
     * Asks for a part of the configuration space, as it will be after what was sent before. Fails as commands do.
     *
     * @param length in bytes; 0 means up to the end
     */
    public CompletableFuture<ByteString> readConfig(int offset, int length) {
        CompletableFuture<ByteString> future = new CompletableFuture<>();
        configLock.lock();
        try {
            configReads.add(future);
            wire.enqueueConfigRead(offset, length);
        } finally {
            configLock.unlock();
        }
        wire.flush();
        if (closed.isDone()) {
            failWaiting(gone());
        }
        return future;
    }

    /**
     * Writes a part of the configuration space.
     *
     * @throws DeviceGoneException when the stream has ended
     */
    public void writeConfig(int offset, ByteString data) {
        if (!wire.configWrite(offset, data)) {
            throw gone();
        }
    }

    /** Ends when the device has taken most of what was sent, or with {@link DeviceGoneException}. */
    public CompletableFuture<Void> whenWritable() {
        CompletableFuture<Void> future = new CompletableFuture<>();
        waitForRoom.add(future);
        if (closed.isDone()) {
            failWaiting(gone());
        } else if (!wire.isAboveMark()) {
            room();
        }
        return future;
    }

    /** Ends, always normally, with the reason why the stream has ended. */
    public CompletableFuture<ErrnoException> closed() {
        return closed.copy();
    }

    /**
     * Ends the stream: pending commands fail now, the device is unplugged (unless it has a lease) when {@link #closed}
     * ends. A device that takes too long is left alone.
     */
    @Override
    public void close() {
        pending.end(new DeviceGoneException("the driver closed the stream"));
        wire.complete();
        closed.copy().orTimeout(CLOSING.toMillis(), TimeUnit.MILLISECONDS).exceptionally(_ -> {
            wire.cancel("the device did not end the stream");
            return gone();
        });
    }

    private void handle(Outbound<R, E> message) {
        switch (message) {
            case Outbound.Opened(StreamOpened answer) -> {
                if (!opened.complete(answer)) {
                    violation(Violations.Kind.REPEATED_ANSWER, "a second 'opened'");
                }
            }
            case Outbound.Completion(long sequence, R response, Times times) -> completed(sequence, response, times);
            case Outbound.BadCompletion(long sequence, String reason) -> badCompletion(sequence, reason);
            case Outbound.Event(E event) -> Callbacks.run(() -> listener.event(event));
            case Outbound.MemoryWrite(long address, ByteString data) ->
                Callbacks.run(() -> listener.memoryWritten(address, data));
            case Outbound.Config(int _, ByteString data) -> {
                CompletableFuture<ByteString> asked = configReads.poll();
                if (asked == null) {
                    violation(Violations.Kind.UNKNOWN_OBJECT, "configuration space that nobody asked for");
                } else {
                    asked.complete(data);
                }
            }
            case Outbound.Notice(DeviceNotice notice) -> noticed(notice);
            case Outbound.Unknown(String reason) -> violation(Violations.Kind.UNKNOWN_OBJECT, reason);
        }
    }

    private void completed(long sequence, R response, Times times) {
        switch (pending.take(sequence)) {
            case PendingCommands.Match.Found(PendingCommands.Pending<R> command) -> {
                Completion<R> completion = Completion.of(response, command.sentNanos(), times, System.nanoTime(), here);
                Callbacks.run(() -> command.handler().completed(completion));
            }
            case PendingCommands.Match.Overtaken<R> _ -> {}
            case PendingCommands.Match.Repeated<R> _ ->
                violation(Violations.Kind.REPEATED_ANSWER, "command " + sequence + " was answered again");
            case PendingCommands.Match.Unknown<R> _ ->
                violation(Violations.Kind.UNKNOWN_OBJECT, "command " + sequence + " was never sent");
        }
    }

    private void badCompletion(long sequence, String reason) {
        if (pending.take(sequence) instanceof PendingCommands.Match.Found(PendingCommands.Pending<R> command)) {
            ErrnoException error = new ErrnoException(Errno.EPROTO, "an answer that makes no sense: " + reason);
            Callbacks.run(() -> command.handler().failed(error));
        } else {
            violation(Violations.Kind.UNKNOWN_OBJECT, "command " + sequence + ": " + reason);
        }
    }

    private void noticed(DeviceNotice notice) {
        switch (notice) {
            case DeviceNotice.Reset(long began) -> {
                epoch = began;
                pending.failAll(new DeviceGoneException("the device was reset"));
                Callbacks.run(() -> listener.reset(began));
            }
            case DeviceNotice.ConfigChanged(int offset, ByteString data) ->
                Callbacks.run(() -> listener.configChanged(offset, data));
            case DeviceNotice.Unplugged(String reason) ->
                pending.end(new DeviceGoneException("the device was unplugged: " + reason));
        }
    }

    private void violation(Violations.Kind kind, String detail) {
        Callbacks.run(() -> listener.violation(kind, detail));
    }

    private void ended(ErrnoException why) {
        opened.completeExceptionally(why);
        DeviceGoneException gone =
                why instanceof DeviceGoneException already ? already : new DeviceGoneException(message(why), why);
        pending.end(gone);
        closed.complete(why);
        failWaiting(gone);
        Callbacks.run(() -> listener.closed(why));
    }

    private void room() {
        for (CompletableFuture<Void> each = waitForRoom.poll(); each != null; each = waitForRoom.poll()) {
            each.complete(null);
        }
    }

    private void failWaiting(ErrnoException why) {
        for (CompletableFuture<?> each = configReads.poll(); each != null; each = configReads.poll()) {
            each.completeExceptionally(why);
        }
        for (CompletableFuture<?> each = waitForRoom.poll(); each != null; each = waitForRoom.poll()) {
            each.completeExceptionally(why);
        }
    }

    private DeviceGoneException gone() {
        ErrnoException why = closed.getNow(new DeviceGoneException("the stream is closing"));
        return new DeviceGoneException(message(why), why);
    }

    private static String message(ErrnoException why) {
        return String.valueOf(why.getMessage());
    }
}
