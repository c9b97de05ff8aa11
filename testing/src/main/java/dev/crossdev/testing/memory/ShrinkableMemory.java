package dev.crossdev.testing.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Memory that can be shrunk under whoever has it, and sealed by nobody: a memfd made without MFD_ALLOW_SEALING, which is to
 * the kernel what an unlinked file in /dev/shm is (mm/shmem.c gives both F_SEAL_SEAL).
 */
public final class ShrinkableMemory implements AutoCloseable {

    private static final int MFD_CLOEXEC = 1;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;

    private static final MethodHandle MEMFD_CREATE =
            link("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            link("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FCNTL = link(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle MMAP =
            link("mmap", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP = link("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private final int descriptor;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    /** Zeroes. */
    public ShrinkableMemory(long bytes) {
        try (Arena names = Arena.ofConfined()) {
            descriptor = (int) MEMFD_CREATE.invokeExact(names.allocateFrom("shrinkable"), MFD_CLOEXEC);
            require(descriptor >= 0, "memfd_create");
            shrink(bytes);
            MemorySegment address = (MemorySegment)
                    MMAP.invokeExact(MemorySegment.NULL, bytes, PROT_READ_WRITE, MAP_SHARED, descriptor, 0L);
            require(address.address() != -1, "mmap");
            segment = address.reinterpret(bytes, arena, ShrinkableMemory::unmap);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** What its owner sees; what was cut off must not be touched. */
    public MemorySegment segment() {
        return segment;
    }

    public int descriptor() {
        return descriptor;
    }

    /** Another descriptor of it, to be given away. */
    public int duplicate() {
        try {
            int copy = (int) FCNTL.invokeExact(descriptor, F_DUPFD_CLOEXEC, 0);
            require(copy >= 0, "fcntl");
            return copy;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Takes away what lies behind. */
    public void shrink(long bytes) {
        try {
            require((int) FTRUNCATE.invokeExact(descriptor, bytes) == 0, "ftruncate");
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void unmap(MemorySegment segment) {
        try {
            require((int) MUNMAP.invokeExact(segment, segment.byteSize()) == 0, "munmap");
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static void require(boolean worked, String call) {
        if (!worked) {
            throw new IllegalStateException(call);
        }
    }

    private static MethodHandle link(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type, options);
    }

    @Override
    public void close() {
        arena.close();
        try {
            require((int) CLOSE.invokeExact(descriptor) == 0, "close");
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
