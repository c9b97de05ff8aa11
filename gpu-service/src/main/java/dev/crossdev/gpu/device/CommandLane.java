package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One virtqueue's commands, executed and answered one after another in the order in which they came.
 *
 * <p>A command is executed on its sender's thread. One that must wait for somebody else (a fence) goes to a virtual thread,
 * and those behind it line up: they may depend on what it does. That thread then goes on with the line until it is
 * empty. How long the line can get is the transport's business, as the size of a virtqueue is.
 */
final class CommandLane {

    /** How a command ends: now, or after a wait that must not be done on the sender's thread. */
    sealed interface Outcome {
        record Done(GpuResponse response) implements Outcome {}

        /**
         * Later.
         *
         * @param rest waits, never without end, and is interrupted at a reset
         */
        record Waiting(Supplier<GpuResponse> rest) implements Outcome {}
    }

    private static final System.Logger LOG = System.getLogger(CommandLane.class.getName());

    /** A command that is being executed at a reset copies pixels at worst. */
    private static final Duration LONGEST_EXECUTION = Duration.ofSeconds(1);

    private final String name;
    private final Function<GpuRequest, Outcome> executor;
    private final Object lock = new Object();
    private final Queue<Command> line = new ArrayDeque<>();
    private @Nullable Run run;
    private boolean closed;

    CommandLane(String name, Function<GpuRequest, Outcome> executor) {
        this.name = name;
        this.executor = executor;
    }

    void submit(GpuRequest request, Consumer<? super GpuReply> done) {
        Command command = new Command(request, done);
        Run mine;
        synchronized (lock) {
            if (closed) {
                return;
            }
            if (run != null) {
                line.add(command);
                return;
            }
            mine = new Run(Thread.currentThread());
            run = mine;
        }
        drain(mine, command);
    }

    /** Commands taken and not answered, the one being executed included. */
    int pending() {
        synchronized (lock) {
            return line.size() + (run == null ? 0 : 1);
        }
    }

    /**
     * Drops what is pending. Once this returns, nothing older is answered. Waits for a command that another thread is
     * executing right now; called from within an answer, it does not.
     */
    void reset() {
        Run old;
        synchronized (lock) {
            line.clear();
            old = run;
            run = null;
            if (old != null) {
                old.cancel();
            }
        }
        if (old != null) {
            old.awaitEnd();
        }
    }

    void close() {
        synchronized (lock) {
            closed = true;
        }
        reset();
    }

    private void drain(Run mine, @Nullable Command first) {
        boolean handedOver = false;
        try {
            for (Command command = first; command != null; command = next(mine)) {
                switch (execute(command)) {
                    case Outcome.Done(GpuResponse response) -> answer(mine, command, response);
                    case Outcome.Waiting(Supplier<GpuResponse> rest) -> {
                        handedOver = handOver(mine, command, rest);
                        return;
                    }
                }
            }
        } finally {
            if (!handedOver) {
                mine.end();
            }
        }
    }

    /** False when there was a reset meanwhile: then nothing waits. */
    private boolean handOver(Run mine, Command command, Supplier<GpuResponse> rest) {
        Thread waiter = Thread.ofVirtual().name("virtio-gpu-" + name + "-wait").unstarted(() -> {
            @Nullable Command next = null;
            try {
                GpuResponse response = guarded(command, rest);
                mine.waited();
                answer(mine, command, response);
                next = next(mine);
            } finally {
                drain(mine, next);
            }
        });
        synchronized (lock) {
            if (mine.cancelled) {
                return false;
            }
            mine.thread = waiter;
            mine.waiting = true;
        }
        waiter.start();
        return true;
    }

    private Outcome execute(Command command) {
        try {
            return executor.apply(command.request);
        } catch (RuntimeException e) {
            return new Outcome.Done(failed(command, e));
        }
    }

    private GpuResponse guarded(Command command, Supplier<GpuResponse> rest) {
        try {
            return rest.get();
        } catch (RuntimeException e) {
            return failed(command, e);
        }
    }

    /** A mistake of ours must not take the stream down; memory that its owner took away is none. */
    private GpuResponse failed(Command command, RuntimeException e) {
        if (e instanceof ErrnoException gone && gone.errno() == Errno.EFAULT) {
            LOG.log(System.Logger.Level.WARNING, () -> command.request.command().type() + " failed: " + gone);
            return Answers.UNSPEC;
        }
        LOG.log(System.Logger.Level.ERROR, () -> command.request.command().type() + " failed", e);
        return Answers.UNSPEC;
    }

    private void answer(Run mine, Command command, GpuResponse response) {
        synchronized (lock) {
            if (mine.cancelled) {
                return;
            }
        }
        try {
            command.done.accept(command.request.reply(response));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the receiver of an answer failed", e);
        }
    }

    private @Nullable Command next(Run mine) {
        synchronized (lock) {
            if (mine.cancelled) {
                return null;
            }
            Command next = line.poll();
            if (next == null) {
                run = null;
            }
            return next;
        }
    }

    private record Command(GpuRequest request, Consumer<? super GpuReply> done) {}

    /** From the first command that finds the lane idle until the line is empty. */
    private final class Run {
        private Thread thread;
        private boolean waiting;
        private boolean cancelled;
        private boolean ended;

        Run(Thread thread) {
            this.thread = thread;
        }

        /** Under the lock. Interrupts only a wait of ours, never a sender's thread or a receiver's code. */
        void cancel() {
            cancelled = true;
            if (waiting) {
                thread.interrupt();
            }
        }

        void waited() {
            synchronized (lock) {
                waiting = false;
                // Meant for the wait alone, if it came.
                boolean interrupted = Thread.interrupted();
                assert !interrupted || cancelled;
            }
        }

        void end() {
            synchronized (lock) {
                if (run == this) {
                    run = null;
                }
                ended = true;
                lock.notifyAll();
            }
        }

        void awaitEnd() {
            long deadline = System.nanoTime() + LONGEST_EXECUTION.toNanos();
            boolean interrupted = false;
            synchronized (lock) {
                while (!ended && thread != Thread.currentThread()) {
                    long millis = (deadline - System.nanoTime()) / 1_000_000;
                    if (millis <= 0) {
                        LOG.log(System.Logger.Level.WARNING, "a command of lane " + name + " outlived a reset");
                        break;
                    }
                    try {
                        lock.wait(millis);
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
