package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
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
 *
 * <p>A registration has done all that it does to the device when it begins to wait for the directory. Those behind it that only
 * make something are executed meanwhile, so that many registrations share the directory's round trip; their answers keep
 * their places.
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

        /**
         * Later, and nothing that is made meanwhile depends on it.
         *
         * @param published done when it can be answered; it becomes so in any case
         * @param rest does not wait then
         */
        record Registering(CompletableFuture<Void> published, Supplier<GpuResponse> rest) implements Outcome {}
    }

    private static final System.Logger LOG = System.getLogger(CommandLane.class.getName());

    private final String name;
    private final Function<GpuRequest, Outcome> executor;
    private final Object lock = new Object();
    private final Queue<Command> line = new ArrayDeque<>();
    private @Nullable LaneRun run;
    private boolean closed;

    CommandLane(String name, Function<GpuRequest, Outcome> executor) {
        this.name = name;
        this.executor = executor;
    }

    void submit(GpuRequest request, Consumer<? super GpuReply> done) {
        Command command = new Command(request, done);
        LaneRun mine;
        synchronized (lock) {
            if (closed) {
                return;
            }
            if (run != null) {
                line.add(command);
                // A run that waits for the directory may begin it.
                lock.notifyAll();
                return;
            }
            mine = new LaneRun(name, lock, Thread.currentThread(), this::ended);
            run = mine;
        }
        drain(mine, command);
    }

    /** Commands taken and not answered, the one being executed included. */
    int pending() {
        synchronized (lock) {
            return line.size() + (run == null ? 0 : 1 + run.ahead());
        }
    }

    /**
     * Drops what is pending. Once this returns, nothing older is answered. Waits for a command that another thread is
     * executing right now; called from within an answer, it does not.
     */
    void reset() {
        LaneRun old;
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

    private void drain(LaneRun mine, @Nullable Command first) {
        boolean handedOver = false;
        try {
            for (Command command = first; command != null; command = next(mine)) {
                Outcome outcome = execute(command);
                if (!(outcome instanceof Outcome.Done(GpuResponse response))) {
                    handedOver = handOver(mine, new Begun(command, outcome));
                    return;
                }
                answer(mine, command, response);
            }
        } finally {
            if (!handedOver) {
                mine.end();
            }
        }
    }

    /** False when there was a reset meanwhile: then nothing waits. */
    private boolean handOver(LaneRun mine, Begun first) {
        Thread waiter = Thread.ofVirtual().name("virtio-gpu-" + name + "-wait").unstarted(() -> {
            @Nullable Command next = null;
            try {
                finish(mine, first);
                next = next(mine);
            } finally {
                drain(mine, next);
            }
        });
        synchronized (lock) {
            if (!mine.moveTo(waiter)) {
                return false;
            }
        }
        waiter.start();
        return true;
    }

    /** Answers it, and what was begun before that. */
    private void finish(LaneRun mine, Begun first) {
        Queue<Begun> begun = new ArrayDeque<>();
        begun.add(first);
        for (Begun each = begun.poll(); each != null; each = begun.poll()) {
            mine.remain(begun.size());
            GpuResponse response = switch (each.outcome) {
                case Outcome.Done(GpuResponse known) -> known;
                case Outcome.Waiting(Supplier<GpuResponse> rest) -> awaited(mine, each.command, rest);
                case Outcome.Registering(CompletableFuture<Void> published, Supplier<GpuResponse> rest) -> {
                    beginUntilDone(mine, published, begun);
                    // After a reset nobody hears the answer.
                    yield published.isDone() ? guarded(each.command, rest) : Answers.UNSPEC;
                }
            };
            answer(mine, each.command, response);
        }
    }

    private GpuResponse awaited(LaneRun mine, Command command, Supplier<GpuResponse> rest) {
        if (!mine.waits()) {
            // After a reset nobody hears the answer.
            return Answers.UNSPEC;
        }
        try {
            return guarded(command, rest);
        } finally {
            mine.waited();
        }
    }

    /** Executes what comes and only makes something, until it is published or there is a reset. */
    private void beginUntilDone(LaneRun mine, CompletableFuture<Void> published, Queue<Begun> begun) {
        var _ = published.whenComplete((_, _) -> {
            synchronized (lock) {
                lock.notifyAll();
            }
        });
        for (Command ahead = ahead(mine, published); ahead != null; ahead = ahead(mine, published)) {
            begun.add(new Begun(ahead, execute(ahead)));
        }
    }

    private @Nullable Command ahead(LaneRun mine, CompletableFuture<Void> published) {
        synchronized (lock) {
            while (!published.isDone() && !mine.isCancelled()) {
                Command next = line.peek();
                if (next != null && onlyMakes(next.request.command())) {
                    mine.oneMore();
                    return line.poll();
                }
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return null;
                }
            }
            return null;
        }
    }

    /** What neither changes nor reads what was there before. */
    private static boolean onlyMakes(GpuCommand command) {
        return switch (command) {
            case GpuCommand.ResourceAssignUuid _,
                    GpuCommand.ResourceCreate2d _,
                    GpuCommand.ResourceCreateBlob _,
                    GpuCommand.ResourceAttachBacking _ -> true;
            default -> false;
        };
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

    private void answer(LaneRun mine, Command command, GpuResponse response) {
        synchronized (lock) {
            if (mine.isCancelled()) {
                return;
            }
        }
        try {
            command.done.accept(command.request.reply(response));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the receiver of an answer failed", e);
        }
    }

    /** Under the lock. */
    private void ended(LaneRun over) {
        if (run == over) {
            run = null;
        }
    }

    private @Nullable Command next(LaneRun mine) {
        synchronized (lock) {
            if (mine.isCancelled()) {
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

    private record Begun(Command command, Outcome outcome) {}
}
