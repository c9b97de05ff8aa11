package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import io.grpc.Context;
import io.grpc.Deadline;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A remote importer's access to a range of an object that it holds. Keeps the object until it ends, and ends by itself when
 * it takes too long.
 */
final class Transfer {
    private final Hold hold;
    private final long offset;
    private final long length;
    private final CompletableFuture<Void> timer;
    private final Object lock = new Object();
    private Fence fence = Fence.NONE;
    private boolean ended;

    private enum Fence {
        NONE,
        READ,
        WRITE
    }

    /**
     * @param length bytes, unsigned; 0 means up to the end
     * @param timedOut runs when {@code longest} has passed and it has not ended
     * @throws ErrnoException EINVAL when the range is not inside the object; ENOENT when the hold has ended
     */
    Transfer(Hold hold, long offset, long length, Duration longest, Runnable timedOut) {
        long size = hold.object().layout().size();
        if (offset < 0 || length < 0 || offset > size || length > size - offset) {
            throw new ErrnoException(
                    Errno.EINVAL,
                    Long.toUnsignedString(length) + " bytes at " + Long.toUnsignedString(offset)
                            + " do not lie in an object of " + size);
        }
        this.hold = hold;
        this.offset = offset;
        this.length = length == 0 ? size - offset : length;
        if (hold.isReleased() || !hold.object().buffer().tryGet()) {
            throw gone();
        }
        this.timer = CompletableFuture.runAsync(
                timedOut, CompletableFuture.delayedExecutor(longest.toNanos(), TimeUnit.NANOSECONDS));
    }

    Hold hold() {
        return hold;
    }

    /** Bytes. */
    long length() {
        return length;
    }

    /**
     * Copies out of the range.
     *
     * @throws ErrnoException ENOENT when the memory went away
     */
    void read(long at, MemorySegment target) {
        hold.object().read(offset + at, target);
    }

    /** As {@link #read}, into the range: all patches or, when the memory went away, none. */
    void write(List<Patch> patches) {
        hold.object()
                .write(patches.stream()
                        .map(patch -> new Patch(offset + patch.offset(), patch.bytes()))
                        .toList());
    }

    /** @throws ErrnoException ENOENT when the importer is gone */
    void requireHeld() {
        if (hold.isReleased()) {
            throw gone();
        }
    }

    /** Copies out under a READ fence, which lasts until the transfer ends. Runs {@code then} once that is taken. */
    void fenceRead(Duration patience, Duration longest, Consumer<RuntimeException> failed, Runnable then) {
        if (hold.fence().tryAcquireRead(hold.attachment(), longest)) {
            fenced(Fence.READ, failed, then);
        } else {
            later("read", failed, () -> {
                hold.fence().acquireRead(hold.attachment(), patience, longest);
                fenced(Fence.READ, failed, then);
            });
        }
    }

    /** As {@link #fenceRead}, to write. */
    void fenceWrite(Duration patience, Duration longest, Consumer<RuntimeException> failed, Runnable then) {
        if (hold.fence().tryAcquireWrite(hold.attachment(), longest)) {
            fenced(Fence.WRITE, failed, then);
        } else {
            later("write", failed, () -> {
                hold.fence().acquireWrite(hold.attachment(), patience, longest);
                fenced(Fence.WRITE, failed, then);
            });
        }
    }

    /**
     * Ends the fence and lets go of the object. Again is nothing.
     *
     * @return false when the fence had ended before, by its own deadline or because the importer is gone
     */
    boolean end() {
        Fence held;
        synchronized (lock) {
            if (ended) {
                return true;
            }
            ended = true;
            held = fence;
        }
        timer.cancel(false);
        boolean whole = release(held);
        hold.object().buffer().put();
        return whole;
    }

    private void fenced(Fence taken, Consumer<RuntimeException> failed, Runnable then) {
        boolean late;
        synchronized (lock) {
            late = ended;
            if (!late) {
                fence = taken;
            }
        }
        if (late) {
            release(taken);
            return;
        }
        guarded(failed, then);
    }

    private boolean release(Fence held) {
        return switch (held) {
            case NONE -> true;
            case READ -> hold.fence().releaseRead(hold.attachment());
            case WRITE -> hold.fence().releaseWrite(hold.attachment(), false);
        };
    }

    /** Somebody is in the way: waits, bounded, where it holds nobody up. */
    private static void later(String what, Consumer<RuntimeException> failed, Runnable wait) {
        Thread.ofVirtual().name("virtio-objects-" + what + "-wait").start(() -> guarded(failed, wait));
    }

    private static void guarded(Consumer<RuntimeException> failed, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            failed.accept(e);
        }
    }

    /** How long a call may wait for a fence: the setting, or less when the caller has less. */
    static Duration patience(Duration setting) {
        Deadline deadline = Context.current().getDeadline();
        return deadline == null
                ? setting
                : Duration.ofNanos(Math.clamp(deadline.timeRemaining(TimeUnit.NANOSECONDS), 0, setting.toNanos()));
    }

    private ErrnoException gone() {
        return new ErrnoException(Errno.ENOENT, "attachment " + hold.attachment() + " has ended");
    }
}
