package dev.crossdev.dmabuf.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The system calls that reach into another process's file without the risk of a fault. Results as {@link MemoryCalls}. */
final class FileCalls {
    private static final MethodHandle PREAD =
            Libc.link("pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle PWRITE =
            Libc.link("pwrite", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FSTATFS =
            Libc.link("fstatfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    /** futex(2): the C library has no function of its own for it. */
    private static final MethodHandle FUTEX = Libc.link(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG),
            Linker.Option.firstVariadicArg(1));

    private static final long SYS_FUTEX = System.getProperty("os.arch").equals("aarch64") ? 98 : 202;

    private static final long WAKE_OP_PRIVATE = 5 | 128;
    /** FUTEX_OP(FUTEX_OP_ADD | FUTEX_OP_OPARG_SHIFT, 16, FUTEX_OP_CMP_EQ, 0): adds 1 << 16. */
    private static final long ADD_TO_UPPER_HALF = (1 | 8) << 28 | 16 << 12;

    /** struct statfs begins with its f_type, a long. */
    private static final int STATFS_BYTES = 256;

    private static final long TMPFS_MAGIC = 0x01021994;

    private FileCalls() {}

    /** Bytes read, 0 at the end of the file. */
    static long pread(int descriptor, MemorySegment target, long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            return Libc.result((long) PREAD.invokeExact(errno, descriptor, target, target.byteSize(), offset), errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** Bytes written. */
    static long pwrite(int descriptor, MemorySegment source, long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            return Libc.result((long) PWRITE.invokeExact(errno, descriptor, source, source.byteSize(), offset), errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** Whether reads and writes of this file are copies of memory: never a wait for a disk, a network or a daemon. */
    static boolean isInTmpfs(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            MemorySegment statfs = arena.allocate(STATFS_BYTES, Long.BYTES);
            int result = (int) FSTATFS.invokeExact(errno, descriptor, statfs);
            return result == 0 && statfs.get(JAVA_LONG, 0) == TMPFS_MAGIC;
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /**
     * Adds one to the upper half of a little-endian word of 32 bits, atomically and in order (FUTEX_WAKE_OP, which does such
     * a thing to a word and then wakes whom it may, here nobody). Where a page is missing the kernel says so.
     *
     * @return negative: -EFAULT
     */
    static long incrementUpperHalf(MemorySegment word) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            return Libc.result(
                    (long) FUTEX.invokeExact(errno, SYS_FUTEX, word, WAKE_OP_PRIVATE, 0L, 0L, word, ADD_TO_UPPER_HALF),
                    errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }
}
