package dev.crossdev.dmabuf.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.crossdev.dmabuf.error.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.function.Function;

/** The system calls that make, seal, measure and map a memfd. Results are a Linux system call's: negative is -errno. */
final class MemoryCalls {
    /** linux/fcntl.h, F_ADD_SEALS and its bits. */
    static final int F_SEAL_SEAL = 0x1;

    static final int F_SEAL_SHRINK = 0x2;
    static final int F_SEAL_GROW = 0x4;
    static final int F_SEAL_WRITE = 0x8;
    static final int F_SEAL_FUTURE_WRITE = 0x10;

    static final int O_ACCMODE = 3;
    static final int O_RDWR = 2;

    private static final int F_GETFL = 3;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int MFD_NOEXEC_SEAL = 8;
    private static final int PROT_READ_WRITE = 3;
    private static final int PROT_NONE = 0;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;

    private static final MethodHandle MEMFD_CREATE =
            Libc.link("memfd_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            Libc.link("ftruncate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FALLOCATE =
            Libc.link("fallocate", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));
    private static final MethodHandle FCNTL = Libc.link(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle FSTAT = Libc.link("fstat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle MMAP = Libc.link(
            "mmap", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle MUNMAP =
            Libc.link("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

    /** struct stat is at most 144 bytes; what is read here lies at the same places on x86_64 and arm64. */
    private static final int STAT_BYTES = 256;

    private static final int STAT_DEVICE = 0;
    private static final int STAT_INODE = 8;
    private static final int STAT_SIZE = 48;
    private static final int STAT_BLOCKS = 64;
    private static final int BLOCK = 512;

    private MemoryCalls() {}

    /**
     * A file's measures.
     *
     * @param size bytes
     * @param allocated bytes that have memory behind them
     */
    record FileSize(long size, long allocated) {}

    /** Which file a descriptor means, however often it was duplicated on its way here. */
    record FileIdentity(long device, long inode) {}

    /** A memfd without a size, sealable, that nobody can execute where the kernel (6.3) knows of that. */
    static int memfdCreate(String label) {
        // vm.memfd_noexec=2 refuses one that does not say so; older kernels refuse one that does.
        int result = memfdCreate(label, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
        return result == -Errno.EINVAL.number() ? memfdCreate(label, MFD_CLOEXEC | MFD_ALLOW_SEALING) : result;
    }

    private static int memfdCreate(String label, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) MEMFD_CREATE.invokeExact(errno, arena.allocateFrom(label), flags);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    static int ftruncate(int descriptor, long size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) FTRUNCATE.invokeExact(errno, descriptor, size);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    static int fallocate(int descriptor, long offset, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) FALLOCATE.invokeExact(errno, descriptor, 0, offset, length);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    static int addSeals(int descriptor, int seals) {
        return fcntl(descriptor, F_ADD_SEALS, seals);
    }

    /** The seals; -EINVAL for what can have none. */
    static int getSeals(int descriptor) {
        return fcntl(descriptor, F_GET_SEALS, 0);
    }

    static int getFlags(int descriptor) {
        return fcntl(descriptor, F_GETFL, 0);
    }

    static int duplicate(int descriptor) {
        return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    }

    static FileSize fileSize(int descriptor) {
        return fstat(
                descriptor,
                stat -> new FileSize(stat.get(JAVA_LONG, STAT_SIZE), stat.get(JAVA_LONG, STAT_BLOCKS) * BLOCK));
    }

    static FileIdentity fileIdentity(int descriptor) {
        return fstat(
                descriptor,
                stat -> new FileIdentity(stat.get(JAVA_LONG, STAT_DEVICE), stat.get(JAVA_LONG, STAT_INODE)));
    }

    private static <T> T fstat(int descriptor, Function<MemorySegment, T> reader) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            MemorySegment stat = arena.allocate(STAT_BYTES, Long.BYTES);
            int result = (int) FSTAT.invokeExact(errno, descriptor, stat);
            Libc.check(Libc.result(result, errno), "fstat");
            return reader.apply(stat);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    /** Maps a whole file read-write and shared; the address, or -errno. */
    static long map(int descriptor, long size) {
        return mmap(0, size, PROT_READ_WRITE, MAP_SHARED, descriptor, 0);
    }

    /** Address space in which nothing can be read or written yet; the address, or -errno. */
    static long reserve(long size) {
        return mmap(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }

    /** Maps a part of a file into reserved address space; the address, or -errno. */
    static long mapAt(long address, int descriptor, long offset, long size) {
        return mmap(address, size, PROT_READ_WRITE, MAP_SHARED | MAP_FIXED, descriptor, offset);
    }

    private static long mmap(long address, long size, int protection, int flags, int descriptor, long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            long result = (long) MMAP.invokeExact(errno, address, size, protection, flags, descriptor, offset);
            return Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    static int unmap(long address, long size) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) MUNMAP.invokeExact(errno, address, size);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }

    private static int fcntl(int descriptor, int command, int argument) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.errnoIn(arena);
            int result = (int) FCNTL.invokeExact(errno, descriptor, command, argument);
            return (int) Libc.result(result, errno);
        } catch (Throwable e) {
            throw Libc.impossible(e);
        }
    }
}
