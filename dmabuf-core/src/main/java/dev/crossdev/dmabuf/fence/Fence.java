package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.waiting.Deadline;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Work under way that ends once (Linux, struct dma_fence; when it travels, a sync_file). A fence stands for work that has
 * begun, never for work that somebody might submit, and has a deadline at which it signals by itself with ETIMEDOUT: so
 * every wait for a fence ends.
 */
public sealed interface Fence permits TimelineFence, SlotFence, MergedFence {
    /** A fence that has signalled, without error: what an export gives when there is nothing to wait for. */
    static Fence stub() {
        return MergedFence.NOTHING;
    }

    /** A fence that signals when all of them have, with the first error that one of them had (dma_fence_unwrap_merge). */
    static Fence merge(List<? extends Fence> fences) {
        return MergedFence.of(fences);
    }

    boolean signalled();

    /** The error with which it signalled; empty while it has not. */
    Optional<Errno> error();

    /** When it signals at the latest. */
    Deadline deadline();

    /** Who is at work, for people. */
    String owner();

    /** Its number on its timeline; 0 when it has none. */
    long sequence();

    /** The fences that it is made of: itself, or what was merged. */
    default List<Fence> parts() {
        return List.of(this);
    }

    /**
     * Waits until it has signalled, with or without error.
     *
     * @param wait the caller's patience; zero looks once
     * @throws ErrnoException ETIMEDOUT when {@code wait} passed first; EINTR when interrupted, whose flag stays set
     */
    void await(Duration wait);

    /** Runs the callback once with the error, when it has signalled: at once on this thread if it has. */
    Subscription onSignalled(Consumer<Optional<Errno>> action);

    /** As a listing shows it. */
    default FenceInfo info(Usage usage) {
        boolean done = signalled();
        return new FenceInfo(
                usage,
                owner(),
                sequence(),
                done,
                error(),
                done ? Duration.ZERO : Duration.ofNanos(deadline().remainingNanos()));
    }
}
