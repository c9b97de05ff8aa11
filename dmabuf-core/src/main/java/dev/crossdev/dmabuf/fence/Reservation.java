package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.waiting.Deadline;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The fences of one buffer, each with its class (Linux, struct dma_resv). Looking, waiting, polling, listing and exporting
 * see all of them, wherever they are kept:
 *
 * <ul>
 * <li>fences that only this process has to see, in a list here;
 * <li>of a buffer that other processes import, WRITE and READ fences in its slot of the {@link FenceTable}, from where all
 *     processes see them without a message. {@link #add} puts them there too. KERNEL and BOOKKEEP stay the exporter's.
 * </ul>
 *
 * <p>A wait is for the fences that are there when it begins, not for those that come later (in Linux, too, work that is
 * submitted later waits for what was there before, never the other way). Linux's lock of a reservation has no counterpart:
 * callbacks run unlocked here, and the list guards itself.
 */
public final class Reservation {
    private final @Nullable FenceSlot slot;
    private final int holder;
    private final IntFunction<String> holderNames;
    private final Object lock = new Object();
    private final List<Entry> entries = new ArrayList<>(2);
    /** Fences that hold a word of the slot. */
    private final Set<Fence> inSlot = new HashSet<>();

    private record Entry(Usage usage, Fence fence) {}

    /** Of a buffer that only this process sees. */
    public Reservation() {
        this(null, 0, Integer::toString);
    }

    private Reservation(@Nullable FenceSlot slot, int holder, IntFunction<String> holderNames) {
        this.slot = slot;
        this.holder = holder;
        this.holderNames = holderNames;
    }

    /**
     * Of a buffer that other processes see too.
     *
     * @param slot the buffer's, as long as the buffer lives
     * @param holder this process's number in the table
     * @param holderNames says who has a number, for people
     */
    public static Reservation shared(FenceSlot slot, int holder, IntFunction<String> holderNames) {
        return new Reservation(slot, holder, holderNames);
    }

    /**
     * Adds a fence (dma_resv_add_fence). Of one timeline only the last fence of a class is kept, as it signals last. A fence
     * that other processes have to see is held in the buffer's slot until it signals, by its own deadline at the latest.
     *
     * @throws ErrnoException EBUSY when the slot has no room: somebody writes or, for a WRITE fence, reads; wait first
     */
    public void add(Fence fence, Usage usage) {
        if (fence.signalled()) {
            return;
        }
        FenceSlot shared = slot;
        if (shared != null && (usage == Usage.WRITE || usage == Usage.READ)) {
            share(shared, fence, usage == Usage.WRITE);
            return;
        }
        for (Fence part : fence.parts()) {
            addLocal(new Entry(usage, part));
        }
    }

    /** Whether all fences of that class and of those before it have signalled (dma_resv_test_signaled). Never waits. */
    public boolean test(Usage usage) {
        return fences(usage).isEmpty();
    }

    /**
     * Waits for all fences of that class and of those before it (dma_resv_wait_timeout, interruptible).
     *
     * @param wait the caller's patience; zero looks once and does not wait
     * @throws ErrnoException ETIMEDOUT, EINTR (the interrupt flag stays set)
     */
    public void await(Usage usage, Duration wait) {
        Deadline patience = Deadline.after(wait);
        for (Fence fence : fences(usage)) {
            fence.await(Duration.ofNanos(patience.remainingNanos()));
        }
    }

    /** The fences that a wait for this class would wait for now. */
    public List<Fence> fences(Usage usage) {
        return unsignalled().stream()
                .filter(entry -> usage.waitsFor(entry.usage()))
                .map(Entry::fence)
                .toList();
    }

    /** All that an access has to wait for, as one fence; the stub when that is nothing (DMA_BUF_IOCTL_EXPORT_SYNC_FILE). */
    public Fence exportFence(Access access) {
        return Fence.merge(fences(access.waitsFor()));
    }

    /**
     * Makes others wait for a fence from elsewhere, as for an access of that kind (DMA_BUF_IOCTL_IMPORT_SYNC_FILE).
     *
     * @throws ErrnoException EBUSY, as {@link #add}
     */
    public void importFence(Fence fence, Access access) {
        add(fence, access.leaves());
    }

    /** Those of the events that are so now, without waiting. */
    public Set<PollEvent> poll(Set<PollEvent> wanted) {
        Set<PollEvent> ready = EnumSet.noneOf(PollEvent.class);
        for (PollEvent event : wanted) {
            if (test(event.usage())) {
                ready.add(event);
            }
        }
        return ready;
    }

    /**
     * Waits until one of the events is so, and gives those that are: none when the time has passed, as poll(2).
     *
     * @param wait the caller's patience; zero looks once
     * @throws ErrnoException EINTR
     */
    public Set<PollEvent> poll(Set<PollEvent> wanted, Duration wait) {
        Deadline patience = Deadline.after(wait);
        while (true) {
            Set<PollEvent> ready = poll(wanted);
            if (!ready.isEmpty() || wanted.isEmpty() || patience.passed()) {
                return ready;
            }
            // What has to be signalled for OUT has to be for IN, and more.
            PollEvent first = wanted.contains(PollEvent.IN) ? PollEvent.IN : PollEvent.OUT;
            try {
                await(first.usage(), Duration.ofNanos(patience.remainingNanos()));
            } catch (ErrnoException e) {
                if (e.errno() != Errno.ETIMEDOUT) {
                    throw e;
                }
            }
        }
    }

    /** Runs the callback once, when all fences that are there now and keep the event away have signalled; maybe at once. */
    public Subscription onReady(PollEvent event, Runnable action) {
        return Fence.merge(fences(event.usage())).onSignalled(_ -> action.run());
    }

    /** The fences that have not signalled, for a listing; lower classes first. */
    public List<FenceInfo> info() {
        return unsignalled().stream().map(this::info).toList();
    }

    /**
     * Forgets the fences (dma_resv_fini). They go on elsewhere, but nobody waits for them here any more, and they no longer
     * touch the slot. To be called before the slot is freed.
     */
    public void close() {
        synchronized (lock) {
            entries.clear();
            inSlot.clear();
        }
    }

    private FenceInfo info(Entry entry) {
        FenceInfo info = entry.fence().info(entry.usage());
        return entry.fence() instanceof SlotFence inSlot
                ? new FenceInfo(
                        info.usage(),
                        holderNames.apply(inSlot.holder()),
                        info.sequence(),
                        info.signalled(),
                        info.error(),
                        info.left())
                : info;
    }

    /** Takes out what has signalled, and adds what is in the table. */
    private List<Entry> unsignalled() {
        List<Entry> all;
        synchronized (lock) {
            all = new ArrayList<>(entries);
        }
        // Looking may end a fence, whose callbacks must find no lock held.
        List<Entry> done =
                all.stream().filter(entry -> entry.fence().signalled()).toList();
        all.removeAll(done);
        if (!done.isEmpty()) {
            synchronized (lock) {
                entries.removeAll(done);
            }
        }
        if (slot != null) {
            for (Fence fence : slot.fences()) {
                all.add(new Entry(((SlotFence) fence).usage(), fence));
            }
        }
        all.sort((a, b) -> a.usage().compareTo(b.usage()));
        return all;
    }

    private void addLocal(Entry entry) {
        synchronized (lock) {
            entries.removeIf(older -> older.usage() == entry.usage() && covers(entry.fence(), older.fence()));
            entries.add(entry);
        }
    }

    /** Whether the later fence cannot signal before the earlier one has: same timeline, and no earlier deadline. */
    private static boolean covers(Fence later, Fence earlier) {
        return later instanceof TimelineFence last
                && earlier instanceof TimelineFence first
                && last.timeline() == first.timeline()
                && last.sequence() >= first.sequence()
                && last.deadline().nanos() - first.deadline().nanos() >= 0;
    }

    private void share(FenceSlot shared, Fence fence, boolean write) {
        Duration hold = Duration.ofNanos(fence.deadline().remainingNanos());
        boolean taken = write ? shared.tryAcquireWrite(holder, hold) : shared.tryAcquireRead(holder, hold);
        if (!taken) {
            throw new ErrnoException(Errno.EBUSY, "slot " + shared.index() + " is in use: wait for it first");
        }
        synchronized (lock) {
            inSlot.add(fence);
        }
        // After close the slot may be another buffer's: then there is nothing to release.
        var _ = fence.onSignalled(error -> {
            synchronized (lock) {
                if (inSlot.remove(fence)) {
                    var _ = write ? shared.releaseWrite(holder, error) : shared.releaseRead(holder);
                }
            }
        });
    }
}
