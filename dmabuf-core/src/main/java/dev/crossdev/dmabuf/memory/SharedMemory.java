package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Memory without a name that processes share: a memfd of fixed size. Sealed against shrinking and growing, so that
 * nobody can pull pages from under native code, and allocated in full, so that no write finds the machine full later:
 * either would be a SIGBUS that takes the JVM.
 *
 * <p>{@link #close} ends it for Java at once: every later access through it or its segments is an
 * {@link IllegalStateException}, never a fault. Native code that works with a raw address takes a {@link Hold} for as
 * long, which puts the unmapping off. The pages themselves go with the last process that holds a descriptor or a mapping.
 */
public final class SharedMemory implements ReceivedMemory {
    /** Granularity of sizes here; a page on x86_64 and, as commonly configured, on arm64. */
    public static final long PAGE = Memfd.PAGE;

    private static final AtomicLong LIVE = new AtomicLong();
    private static final AtomicLong LIVE_BYTES = new AtomicLong();

    private final int descriptor;
    private final long size;
    private final String label;
    private final Object lock = new Object();
    private @Nullable MappedRegion region;
    private int holds;
    private boolean closed;

    private SharedMemory(int descriptor, long size, String label) {
        this.descriptor = descriptor;
        this.size = size;
        this.label = label;
        LIVE.incrementAndGet();
        LIVE_BYTES.addAndGet(size);
    }

    /**
     * Makes zeroed memory.
     *
     * @param label shown by /proc/PID/fd and maps, at most 249 bytes; means nothing else
     * @param size bytes, positive; rounded up to whole pages
     * @throws ErrnoException EINVAL for a size that is not positive, or a label too long; ENOMEM when there is no room; EMFILE
     */
    public static SharedMemory create(String label, long size) {
        Memfd memfd = Memfd.create(label, size);
        return new SharedMemory(memfd.descriptor(), memfd.size(), label);
    }

    /**
     * Takes a descriptor that another process gave, and owns it from here on: closed at once when it is refused.
     *
     * @param minimumSize bytes it must have at least
     * @throws ErrnoException EINVAL unless it is a memfd, sealed against shrinking and growing, open and unsealed for
     *     writing, and large enough; ENOMEM when it was not allocated in full and there is no room to do so
     */
    public static SharedMemory receive(int descriptor, long minimumSize) {
        Memfd memfd = Memfd.adopt(descriptor, minimumSize);
        return new SharedMemory(memfd.descriptor(), memfd.size(), "received");
    }

    /** How many of these this process has open: made or received and not let go of. */
    public static long live() {
        return LIVE.get();
    }

    /** Bytes of those in {@link #live}. */
    public static long liveBytes() {
        return LIVE_BYTES.get();
    }

    /** Bytes, whole pages. */
    @Override
    public long size() {
        return size;
    }

    public String label() {
        return label;
    }

    @Override
    public boolean isClosed() {
        synchronized (lock) {
            return closed;
        }
    }

    /**
     * The whole of it, for any thread; mapped read-write at the first call.
     *
     * @throws IllegalStateException closed
     * @throws ErrnoException ENOMEM when it cannot be mapped
     */
    public MemorySegment segment() {
        synchronized (lock) {
            requireOpen();
            return mapped();
        }
    }

    /**
     * A part of {@link #segment}.
     *
     * @throws ErrnoException EINVAL when it does not lie inside
     */
    public MemorySegment slice(long offset, long length) {
        if (offset < 0 || length < 0 || offset > size - length) {
            throw new ErrnoException(
                    Errno.EINVAL, "[" + offset + ", +" + length + ") of " + size + " bytes of shared memory");
        }
        return segment().asSlice(offset, length);
    }

    /**
     * The file descriptor, which stays this object's: whoever uses it takes a {@link Hold} for as long, or the number may
     * mean another file.
     *
     * @throws IllegalStateException closed
     */
    public int descriptor() {
        synchronized (lock) {
            requireOpen();
            return descriptor;
        }
    }

    /**
     * Keeps mapping and descriptor as they are until the hold is closed, even when this is closed first.
     *
     * @throws IllegalStateException closed
     */
    public Hold hold() {
        return tryHold().orElseThrow(() -> closedAlready());
    }

    /** As {@link #hold}, empty when closed. */
    public Optional<Hold> tryHold() {
        synchronized (lock) {
            if (closed) {
                return Optional.empty();
            }
            holds++;
            return Optional.of(new Hold(this));
        }
    }

    /** Another handle on the same memory, with a descriptor of its own, closed on its own. */
    public SharedMemory duplicate() {
        try (Hold hold = hold()) {
            int copy = (int) Libc.check(MemoryCalls.duplicate(hold.descriptor()), "duplicating shared memory");
            return new SharedMemory(copy, size, label);
        }
    }

    /** Unmaps and closes the descriptor, now or with the last hold. Closing again does nothing. */
    @Override
    public void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            if (holds > 0) {
                return;
            }
        }
        free();
    }

    @Override
    public String toString() {
        return label + "[" + size + " bytes, fd " + descriptor + "]";
    }

    /** The reason to keep memory mapped: native code works with its address, or a message carries its descriptor. */
    public static final class Hold implements AutoCloseable {
        private final SharedMemory memory;
        private boolean released;

        private Hold(SharedMemory memory) {
            this.memory = memory;
        }

        /** The whole of it, usable until the hold is closed. */
        public synchronized MemorySegment segment() {
            requireHeld();
            synchronized (memory.lock) {
                return memory.mapped();
            }
        }

        /** The descriptor, which stays the memory's. */
        public synchronized int descriptor() {
            requireHeld();
            return memory.descriptor;
        }

        /** Bytes. */
        public long size() {
            return memory.size;
        }

        @Override
        public synchronized void close() {
            if (!released) {
                released = true;
                memory.letGo();
            }
        }

        private void requireHeld() {
            if (released) {
                throw new IllegalStateException("the hold on " + memory + " is closed");
            }
        }
    }

    private void letGo() {
        synchronized (lock) {
            holds--;
            if (holds > 0 || !closed) {
                return;
            }
        }
        free();
    }

    /** Called once, by whoever made it closed and unheld. */
    private void free() {
        MappedRegion mappedRegion;
        synchronized (lock) {
            mappedRegion = region;
            region = null;
        }
        Libc.close(descriptor);
        if (mappedRegion == null) {
            forget();
        } else {
            mappedRegion.close(this::forget);
        }
    }

    private void forget() {
        LIVE.decrementAndGet();
        LIVE_BYTES.addAndGet(-size);
    }

    private MemorySegment mapped() {
        MappedRegion mappedRegion = region;
        if (mappedRegion == null) {
            mappedRegion = MappedRegion.map(descriptor, size);
            region = mappedRegion;
        }
        return mappedRegion.segment();
    }

    private void requireOpen() {
        if (closed) {
            throw closedAlready();
        }
    }

    private IllegalStateException closedAlready() {
        return new IllegalStateException(this + " is closed");
    }
}
