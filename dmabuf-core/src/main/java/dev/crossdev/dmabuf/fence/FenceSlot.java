package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.waiting.Backoff;
import dev.crossdev.dmabuf.waiting.Deadline;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * The fences of one object: at most one WRITE, or up to {@value #READERS} READs. A WRITE waits for WRITE and READ, a READ
 * for WRITE (linux/dma-resv.h, dma_resv_usage). All methods may be called by any thread of any process that has the table
 * mapped.
 *
 * <p>64 bytes, native byte order; words as in {@link FenceWord}:
 * <pre>
 *  0  u64     WRITE
 *  8  u64     zero: KERNEL fences are the exporter's own, see Reservation
 * 16  u64[5]  READ; a holder has one word for each time that it reads
 * 56  u32     fences of this slot that ended by their deadline, ever
 * 60  u32     fences of this slot that were abandoned, ever
 * </pre>
 *
 * <p>A fence past its deadline counts as signalled with an error; whoever sees it first clears it (ETIMEDOUT). The word
 * that is compared and set holds holder and deadline, so a release that comes too late does nothing to the next holder.
 */
public final class FenceSlot {
    /** Bytes of a slot: a cache line. */
    static final int BYTES = 64;

    /** Reads of one object that can be under way at once. */
    public static final int READERS = 5;

    private static final long WRITE = 0;
    private static final long KERNEL = 8;
    private static final long READ = 16;
    private static final long EXPIRED = 56;
    private static final long ABANDONED = 60;

    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle COUNT = ValueLayout.JAVA_INT.varHandle();

    private final MemorySegment table;
    private final int index;
    private final long base;

    FenceSlot(MemorySegment table, int index) {
        this.table = table;
        this.index = index;
        this.base = (long) index * BYTES;
    }

    public int index() {
        return index;
    }

    /**
     * Takes the WRITE fence if nobody writes or reads.
     *
     * @param holder the exporter's number for whoever asks, 1 to 16,777,215
     * @param hold after which the fence signals by itself, with an error
     * @throws ErrnoException EINVAL for a holder out of range
     */
    public boolean tryAcquireWrite(int holder, Duration hold) {
        long before = settled(WRITE);
        long mine = FenceWord.of(holder, hold);
        if (FenceWord.held(before) || !exchange(WRITE, before, mine)) {
            return false;
        }
        // A reader that came at the same time sees this word or is seen here: both are volatile.
        if (!reading()) {
            return true;
        }
        exchange(WRITE, mine, before);
        return false;
    }

    /**
     * Takes the WRITE fence, waiting for those who write or read. While it waits for readers no new one is let in, so
     * readers that overlap cannot keep a writer out.
     *
     * @param wait the caller's patience; zero tries once
     * @throws ErrnoException ETIMEDOUT when {@code wait} passed first; EINTR when interrupted (the flag stays set); EINVAL
     */
    public void acquireWrite(int holder, Duration wait, Duration hold) {
        Deadline deadline = Deadline.after(wait);
        Backoff backoff = new Backoff(deadline);
        await(backoff, "WRITE", () -> claimWrite(holder, deadline, hold));
        if (!reading()) {
            renew(holder, hold);
            return;
        }
        try {
            await(backoff, "READ", () -> !reading());
        } catch (ErrnoException e) {
            releaseWrite(holder, Optional.empty());
            throw e;
        }
        if (!renew(holder, hold)) {
            throw new ErrnoException(Errno.ETIMEDOUT, "the fence of slot " + index + " passed its own deadline");
        }
    }

    /**
     * Ends the holder's WRITE fence.
     *
     * @param error whether what was written cannot be relied upon; readers see EIO in {@link #writeError}
     * @return false when the holder has none (it ended by its deadline, or was abandoned)
     */
    public boolean releaseWrite(int holder, boolean error) {
        return releaseWrite(holder, error ? Optional.of(Errno.EIO) : Optional.empty());
    }

    /** As {@link #releaseWrite(int, boolean)}, saying which error. */
    public boolean releaseWrite(int holder, Optional<Errno> error) {
        return end(WRITE, holder, error.map(FenceWord::ended).orElse(FenceWord.IDLE));
    }

    /** Takes a READ fence if nobody writes and fewer than {@value #READERS} reads are under way. */
    public boolean tryAcquireRead(int holder, Duration hold) {
        if (writing()) {
            return false;
        }
        long mine = FenceWord.of(holder, hold);
        for (long word = READ; word < EXPIRED; word += Long.BYTES) {
            long before = settled(word);
            if (!FenceWord.held(before) && exchange(word, before, mine)) {
                if (!writing()) {
                    return true;
                }
                exchange(word, mine, FenceWord.IDLE);
                return false;
            }
        }
        return false;
    }

    /** Takes a READ fence, waiting for a writer, or for room. Errors as {@link #acquireWrite}. */
    public void acquireRead(int holder, Duration wait, Duration hold) {
        await(new Backoff(Deadline.after(wait)), "READ", () -> tryAcquireRead(holder, hold));
    }

    /** Ends one READ fence of the holder; false when it has none. */
    public boolean releaseRead(int holder) {
        for (long word = READ; word < EXPIRED; word += Long.BYTES) {
            if (end(word, holder, FenceWord.IDLE)) {
                return true;
            }
        }
        return false;
    }

    /** Ends all fences of a holder that is gone, a WRITE with ENODEV. Returns how many there were. */
    public int abandon(int holder) {
        int count = end(WRITE, holder, FenceWord.ended(Errno.ENODEV)) ? 1 : 0;
        while (releaseRead(holder)) {
            count++;
        }
        add(ABANDONED, count);
        return count;
    }

    /** Waits until nobody writes. Errors as {@link #acquireWrite}. */
    public void awaitWritten(Duration wait) {
        await(new Backoff(Deadline.after(wait)), "WRITE", () -> !writing());
    }

    /** Whether a WRITE fence is unsignalled. */
    public boolean writing() {
        return FenceWord.held(settled(WRITE));
    }

    /** Whether a READ fence is unsignalled. */
    public boolean reading() {
        return readers() > 0;
    }

    /** READ fences that are unsignalled. */
    public int readers() {
        int count = 0;
        for (long word = READ; word < EXPIRED; word += Long.BYTES) {
            if (FenceWord.held(settled(word))) {
                count++;
            }
        }
        return count;
    }

    /** The error with which the last WRITE fence ended: ETIMEDOUT by its deadline, ENODEV abandoned. Empty while writing. */
    public Optional<Errno> writeError() {
        long word = settled(WRITE);
        return FenceWord.held(word) || FenceWord.error(word) == 0
                ? Optional.empty()
                : Optional.of(Errno.of(FenceWord.error(word)));
    }

    /** Fences of this slot that ended by their deadline, in the table's whole life. */
    public int expired() {
        settled(WRITE);
        readers();
        return (int) COUNT.getVolatile(table, base + EXPIRED);
    }

    /** Fences of this slot that were abandoned, in the table's whole life. */
    public int abandoned() {
        return (int) COUNT.getVolatile(table, base + ABANDONED);
    }

    /** The fences that are unsignalled now, the writer's first. */
    public List<Fence> fences() {
        List<Fence> pending = new ArrayList<>();
        for (long word = WRITE; word < EXPIRED; word += Long.BYTES) {
            long now = settled(word);
            if (word != KERNEL && FenceWord.held(now)) {
                pending.add(new SlotFence(this, word, now));
            }
        }
        return pending;
    }

    /** The class of the fences in a word. */
    static Usage usage(long word) {
        return word == WRITE ? Usage.WRITE : Usage.READ;
    }

    /** Ends everything, for the next object. The counts go on. */
    void clear() {
        WORD.setVolatile(table, base + WRITE, FenceWord.IDLE);
        for (long word = READ; word < EXPIRED; word += Long.BYTES) {
            WORD.setVolatile(table, base + word, FenceWord.IDLE);
        }
    }

    private boolean claimWrite(int holder, Deadline deadline, Duration hold) {
        long before = settled(WRITE);
        return !FenceWord.held(before)
                && exchange(WRITE, before, FenceWord.of(holder, hold.plusNanos(deadline.remainingNanos())));
    }

    /** Starts the hold of a WRITE fence that was claimed while readers were still at it. */
    private boolean renew(int holder, Duration hold) {
        long word = settled(WRITE);
        return FenceWord.holder(word) == holder && exchange(WRITE, word, FenceWord.of(holder, hold));
    }

    private boolean end(long word, int holder, long end) {
        while (true) {
            long now = settled(word);
            if (holder == 0 || FenceWord.holder(now) != holder) {
                return false;
            }
            if (exchange(word, now, end)) {
                return true;
            }
        }
    }

    /** The word, after clearing a fence whose deadline has passed. */
    long settled(long word) {
        while (true) {
            long now = (long) WORD.getVolatile(table, base + word);
            if (!FenceWord.held(now) || !FenceWord.overdue(now)) {
                return now;
            }
            long end = word == WRITE ? FenceWord.ended(Errno.ETIMEDOUT) : FenceWord.IDLE;
            if (exchange(word, now, end)) {
                add(EXPIRED, 1);
                return end;
            }
        }
    }

    private boolean exchange(long word, long before, long after) {
        return WORD.compareAndSet(table, base + word, before, after);
    }

    private void add(long count, int much) {
        if (much > 0) {
            int before = (int) COUNT.getAndAdd(table, base + count, much);
            assert before >= 0;
        }
    }

    private void await(Backoff backoff, String usage, BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new ErrnoException(Errno.EINTR, "interrupted while waiting for " + usage + " of slot " + index);
            }
            if (!backoff.pause()) {
                throw new ErrnoException(Errno.ETIMEDOUT, "slot " + index + " stayed busy: " + usage);
            }
        }
    }
}
