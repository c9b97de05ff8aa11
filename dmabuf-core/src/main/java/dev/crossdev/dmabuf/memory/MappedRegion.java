package dev.crossdev.dmabuf.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;

/**
 * One mapping, from mmap to munmap. Its arena sees to it that an access after the end is an exception and that the end
 * waits for accesses under way on other threads.
 */
final class MappedRegion {
    private static final long RETRY_NANOS = 1_000_000;
    /** Ten minutes of retries. */
    private static final int RETRIES = 600_000;

    private static final System.Logger LOG = System.getLogger(MappedRegion.class.getName());

    private final Arena arena;
    private final MemorySegment segment;

    private MappedRegion(Arena arena, MemorySegment segment) {
        this.arena = arena;
        this.segment = segment;
    }

    static MappedRegion map(int descriptor, long size) {
        return over(Libc.check(MemoryCalls.map(descriptor, size), "mapping shared memory"), size);
    }

    /** What is mapped at an address, which is this object's to unmap from here on. */
    // The arena lives as long as the mapping.
    @SuppressWarnings("MustBeClosedChecker")
    static MappedRegion over(long address, long size) {
        Arena arena = Arena.ofShared();
        MemorySegment segment = MemorySegment.ofAddress(address)
                .reinterpret(size, arena, whole -> MemoryCalls.unmap(whole.address(), size));
        return new MappedRegion(arena, segment);
    }

    MemorySegment segment() {
        return segment;
    }

    /**
     * Unmaps and then runs {@code done}. While a native call or an I/O operation that was given the segment itself is
     * under way the arena cannot be closed: then a thread of its own tries until that call has ended.
     */
    void close(Runnable done) {
        if (tryClose()) {
            done.run();
            return;
        }
        Thread.ofVirtual().name("crossdev-unmap").start(() -> {
            for (int i = 0; i < RETRIES; i++) {
                LockSupport.parkNanos(RETRY_NANOS);
                if (tryClose()) {
                    done.run();
                    return;
                }
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0} bytes stay mapped: a native call never ended",
                    segment.byteSize());
        });
    }

    private boolean tryClose() {
        try {
            arena.close();
            return true;
        } catch (IllegalStateException _) {
            return false;
        }
    }
}
