package dev.crossdev.media;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Memory whose neighbours cannot be touched: a byte written before or behind it kills the process. */
final class GuardedMemory implements AutoCloseable {
    private static final long PAGE = 64 << 10;
    private static final int PROT_NONE = 0;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

    private static final MethodHandle MMAP = function(
            "mmap",
            FunctionDescriptor.of(
                    ValueLayout.ADDRESS,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG));
    private static final MethodHandle MPROTECT = function(
            "mprotect",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    private static final MethodHandle MUNMAP =
            function("munmap", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));

    private final Arena arena = Arena.ofShared();
    private final MemorySegment mapping;
    private final long inside;

    /** Room for at least that many bytes. */
    GuardedMemory(long bytes) {
        inside = (bytes + PAGE - 1) / PAGE * PAGE;
        long total = inside + 2 * PAGE;
        try {
            MemorySegment address = (MemorySegment)
                    MMAP.invokeExact(MemorySegment.NULL, total, PROT_NONE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
            mapping = address.reinterpret(total, arena, GuardedMemory::unmap);
            int result = (int) MPROTECT.invokeExact(mapping.asSlice(PAGE), inside, PROT_READ_WRITE);
            if (result != 0) {
                throw new AssertionError("mprotect failed");
            }
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** That many bytes right in front of the hind guard. */
    MemorySegment atEnd(long bytes) {
        return mapping.asSlice(PAGE + inside - bytes, bytes);
    }

    /** That many bytes right behind the front guard. */
    MemorySegment atStart(long bytes) {
        return mapping.asSlice(PAGE, bytes);
    }

    @Override
    public void close() {
        arena.close();
    }

    private static void unmap(MemorySegment mapping) {
        try {
            int ignored = (int) MUNMAP.invokeExact(mapping, mapping.byteSize());
            assert ignored == 0;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
}
