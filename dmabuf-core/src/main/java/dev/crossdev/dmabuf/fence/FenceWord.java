package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.waiting.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * One fence in 64 bits, so that holder and deadline change together and a process that dies between two instructions
 * leaves nothing half done.
 *
 * <pre>
 * bits 63..40  holder, 1 to 16,777,215; 0: no fence, and then
 * bits 39..0   holder != 0: deadline, CLOCK_MONOTONIC in ms (34 years of uptime)
 *              holder == 0: errno with which the last fence ended, 0: well
 * </pre>
 */
final class FenceWord {
    static final long IDLE = 0;
    static final int HIGHEST_HOLDER = (1 << 24) - 1;

    private static final int DEADLINE_BITS = 40;
    private static final long DEADLINE_MASK = (1L << DEADLINE_BITS) - 1;
    private static final long NANOS_PER_MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private FenceWord() {}

    /** A fence of this holder that signals by itself once {@code hold} has passed, rounded up to 1 ms. */
    static long of(int holder, Duration hold) {
        if (holder <= 0 || holder > HIGHEST_HOLDER) {
            throw new ErrnoException(
                    Errno.EINVAL, "fence holder " + holder + " is not between 1 and " + HIGHEST_HOLDER);
        }
        long millis = Math.ceilDiv(Deadline.after(hold).nanos(), NANOS_PER_MILLI);
        return (long) holder << DEADLINE_BITS | Math.min(millis, DEADLINE_MASK);
    }

    static long ended(Errno error) {
        return error.number();
    }

    static boolean held(long word) {
        return holder(word) != 0;
    }

    static int holder(long word) {
        return (int) (word >>> DEADLINE_BITS);
    }

    /** Whether the deadline of a fence that is held has passed. */
    static boolean overdue(long word) {
        return System.nanoTime() / NANOS_PER_MILLI >= (word & DEADLINE_MASK);
    }

    /** When a fence that is held signals by itself. */
    static Deadline deadline(long word) {
        return new Deadline((word & DEADLINE_MASK) * NANOS_PER_MILLI);
    }

    /** The errno number of the last fence, of a word that is not held; 0 when it ended well. */
    static int error(long word) {
        return (int) (word & DEADLINE_MASK);
    }
}
