package dev.crossdev.service.virtqueue;

import dev.crossdev.service.house.DeviceSession;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.capture.RawBuffer;
import dev.crossdev.virtio.queue.Chain;
import dev.crossdev.virtio.queue.RingException;
import dev.crossdev.virtio.queue.SplitQueue;
import dev.crossdev.virtio.timing.Answered;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One virtqueue's work: buffers become commands, answers become used buffers and calls.
 *
 * <p>Two locks, since a device answers on its own threads too: {@code intake} for taking buffers, {@code output} for giving
 * them back. An answer to a buffer of a ring that was stopped meanwhile goes nowhere.
 */
final class QueueServer<C, R, E> {

    /** Longer than any command that a device takes; what is longer is no command, and its beginning says so as well. */
    private static final int MOST_READABLE = 1 << 20;

    private static final int USUAL_READABLE = 4 << 10;

    private final int index;
    private final QueueForm<C, R> form;
    private final ObjLongConsumer<C> turnarounds;
    private final Runnable answers;
    private final Consumer<RingException> broken;

    private final ReentrantLock intake = new ReentrantLock();
    private MemorySegment readable = MemorySegment.ofArray(new byte[USUAL_READABLE]);
    private long sequence;

    private final ReentrantLock output = new ReentrantLock();
    private final Condition givenBack = output.newCondition();
    private final Deque<Chain> idle = new ArrayDeque<>();
    /** Written with both locks. */
    private @Nullable Running running;

    private record Running(SplitQueue queue, Runnable call) {}

    /**
     * @param turnarounds told of each command whose answer called the driver: nanoseconds since the server heard of it
     * @param answers told of each command that was answered, without a lock
     * @param broken told, without a lock, of a ring that no driver may write
     */
    QueueServer(
            int index,
            QueueForm<C, R> form,
            ObjLongConsumer<C> turnarounds,
            Runnable answers,
            Consumer<RingException> broken) {
        this.index = index;
        this.form = form;
        this.turnarounds = turnarounds;
        this.answers = answers;
        this.broken = broken;
    }

    void start(SplitQueue queue, Runnable call) {
        replace(new Running(queue, call));
    }

    boolean isRunning() {
        output.lock();
        try {
            return running != null;
        } finally {
            output.unlock();
        }
    }

    /**
     * Takes nothing more, and waits for what was taken.
     *
     * @return the entry to begin with when the ring is started again; 0 when it was not running
     */
    int stop(Duration patience) {
        intake.lock();
        try {
            output.lock();
            try {
                Running stopping = running;
                if (stopping == null) {
                    return 0;
                }
                awaitGivenBack(stopping.queue(), patience.toNanos());
                running = null;
                return stopping.queue().nextAvailable();
            } finally {
                output.unlock();
            }
        } finally {
            intake.unlock();
        }
    }

    private void awaitGivenBack(SplitQueue queue, long nanos) {
        try {
            long left = nanos;
            while (left > 0 && queue.inFlight() > 0) {
                left = givenBack.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // Whoever interrupts is in a hurry.
            Thread.currentThread().interrupt();
        }
    }

    /** What was taken is never given back. */
    void drop() {
        replace(null);
    }

    private void replace(@Nullable Running next) {
        intake.lock();
        try {
            output.lock();
            try {
                running = next;
            } finally {
                output.unlock();
            }
        } finally {
            intake.unlock();
        }
    }

    void remap() {
        Running now = running();
        if (now != null) {
            try {
                now.queue().remap();
            } catch (RingException e) {
                broken.accept(e);
            }
        }
    }

    /**
     * Hands the device what the driver made available, twice the ring's size at most.
     *
     * @return whether there may be more, of which no kick comes
     */
    boolean serve(DeviceSession<C, R, E> device) {
        long kicked = System.nanoTime();
        intake.lock();
        try {
            Running now = running();
            return now != null && serve(now, kicked, device);
        } catch (RingException e) {
            broken.accept(e);
            return false;
        } finally {
            intake.unlock();
        }
    }

    private boolean serve(Running now, long kicked, DeviceSession<C, R, E> device) throws RingException {
        SplitQueue queue = now.queue();
        int most = 2 * queue.layout().size();
        int taken = 0;
        long heard = kicked;
        int there = queue.waiting();
        do {
            queue.disableNotifications();
            for (Chain chain = idleChain(); ; chain = idleChain()) {
                boolean polled = false;
                try {
                    if (there <= 0) {
                        // A driver adds to a ring that is being served without a kick, and is not heard before this.
                        heard = System.nanoTime();
                        there = queue.waiting();
                    }
                    polled = taken < most && queue.poll(chain);
                } finally {
                    if (!polled) {
                        giveBack(chain);
                    }
                }
                if (!polled) {
                    break;
                }
                taken++;
                there--;
                submit(now, chain, heard, device);
            }
            if (taken == most) {
                return true;
            }
        } while (queue.enableNotifications());
        return false;
    }

    private void submit(Running now, Chain chain, long heard, DeviceSession<C, R, E> device) throws RingException {
        MemorySegment request = read(chain);
        C command = form.decode(index, request);
        Exchange exchange = new Exchange(now, chain, heard, ++sequence, command, request);
        // When the device takes none, it is being reset or is gone, and so is this ring soon.
        boolean unused = device.submit(command, exchange, exchange);
        exchange.request = null;
    }

    private MemorySegment read(Chain chain) throws RingException {
        long length = Math.min(chain.readableBytes(), MOST_READABLE);
        if (length > readable.byteSize()) {
            readable = MemorySegment.ofArray(new byte[(int) Math.min(MOST_READABLE, Long.highestOneBit(length) * 2)]);
        }
        MemorySegment request = readable.asSlice(0, length);
        chain.copyReadable(request);
        return request;
    }

    private @Nullable Running running() {
        output.lock();
        try {
            return running;
        } finally {
            output.unlock();
        }
    }

    private Chain idleChain() {
        output.lock();
        try {
            Chain chain = idle.poll();
            return chain == null ? new Chain() : chain;
        } finally {
            output.unlock();
        }
    }

    private void giveBack(Chain chain) {
        output.lock();
        try {
            idle.push(chain);
        } finally {
            output.unlock();
        }
    }

    /** One buffer on its way through the device. */
    private final class Exchange implements CommandOrigin, Consumer<Answered<R>> {
        private final Running in;
        private final Chain chain;
        private final long heard;
        private final long number;
        private final C command;
        /** Good until the command is submitted: those who watch are told meanwhile. */
        private @Nullable MemorySegment request;
        /** Guarded by {@code output}. */
        private boolean answered;

        Exchange(Running in, Chain chain, long heard, long number, C command, MemorySegment request) {
            this.in = in;
            this.chain = chain;
            this.heard = heard;
            this.number = number;
            this.command = command;
            this.request = request;
        }

        @Override
        public long sequence() {
            return number;
        }

        @Override
        public Optional<RawBuffer> buffer() {
            MemorySegment bytes = request;
            return bytes == null
                    ? Optional.empty()
                    : Optional.of(new RawBuffer(
                            index, Bytes.of(bytes.toArray(ValueLayout.JAVA_BYTE)), chain.writableBytes()));
        }

        @Override
        public void accept(Answered<R> answer) {
            boolean call;
            output.lock();
            try {
                // An injected fault may answer twice.
                if (answered || running != in) {
                    return;
                }
                answered = true;
                byte[] bytes = form.encode(answer.response(), chain.writableBytes());
                in.queue().complete(chain, chain.write(MemorySegment.ofArray(bytes)));
                idle.push(chain);
                givenBack.signalAll();
                call = in.queue().needsNotification();
            } catch (RingException e) {
                broken.accept(e);
                return;
            } finally {
                output.unlock();
            }
            if (call) {
                in.call().run();
                turnarounds.accept(command, System.nanoTime() - heard);
            }
            answers.run();
        }
    }
}
