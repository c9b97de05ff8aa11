package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.nio.charset.StandardCharsets;

/**
 * A descriptor of memory that cannot fault under native code: of fixed size and allocated in full.
 *
 * @param descriptor the receiver's to close
 * @param size bytes
 */
record Memfd(int descriptor, long size) {
    static final long PAGE = 4096;

    private static final int WANTED_SEALS = MemoryCalls.F_SEAL_SHRINK | MemoryCalls.F_SEAL_GROW;
    private static final int WRITE_SEALS = MemoryCalls.F_SEAL_WRITE | MemoryCalls.F_SEAL_FUTURE_WRITE;

    /** memfd_create(2): bytes without the terminating zero. */
    private static final int LONGEST_LABEL = 249;

    /** @throws ErrnoException as {@link SharedMemory#create} */
    static Memfd create(String label, long size) {
        if (size <= 0) {
            throw new ErrnoException(Errno.EINVAL, "shared memory of " + size + " bytes");
        }
        if (size > Long.MAX_VALUE - PAGE) {
            throw noRoom(size);
        }
        if (label.getBytes(StandardCharsets.UTF_8).length > LONGEST_LABEL || label.indexOf(0) >= 0) {
            throw new ErrnoException(
                    Errno.EINVAL, "a label has at most " + LONGEST_LABEL + " bytes, none of them zero");
        }
        long rounded = Math.ceilDiv(size, PAGE) * PAGE;
        int descriptor = (int) Libc.check(MemoryCalls.memfdCreate(label), "memfd_create");
        try {
            allocate(descriptor, rounded, 0, true);
            Libc.check(
                    MemoryCalls.addSeals(descriptor, WANTED_SEALS | MemoryCalls.F_SEAL_SEAL), "sealing shared memory");
            return new Memfd(descriptor, rounded);
        } catch (Throwable e) {
            Libc.close(descriptor);
            throw e;
        }
    }

    /**
     * Checks what another process gave, and closes it when it is refused.
     *
     * @throws ErrnoException as {@link SharedMemory#receive}
     */
    static Memfd adopt(int descriptor, long minimumSize) {
        try {
            requireSafe(descriptor);
            MemoryCalls.FileSize file = MemoryCalls.fileSize(descriptor);
            if (file.size() <= 0 || file.size() < minimumSize) {
                throw new ErrnoException(
                        Errno.EINVAL, "received memory has " + file.size() + " bytes, not " + minimumSize);
            }
            if (file.allocated() < file.size()) {
                allocate(descriptor, file.size(), file.allocated(), false);
            }
            return new Memfd(descriptor, file.size());
        } catch (Throwable e) {
            Libc.close(descriptor);
            throw e;
        }
    }

    /**
     * Seals what is not sealed yet, against shrinking and growing, for everybody who has it and for good: a virtual machine's
     * RAM, which its VMM never resizes.
     *
     * @return whether it is sealed now; not a file in a file system, nor a memfd made without MFD_ALLOW_SEALING
     */
    static boolean seal(int descriptor) {
        int seals = MemoryCalls.getSeals(descriptor);
        return seals >= 0
                && ((seals & WANTED_SEALS) == WANTED_SEALS || MemoryCalls.addSeals(descriptor, WANTED_SEALS) >= 0);
    }

    /**
     * Refuses what could fault under native code.
     *
     * @throws ErrnoException EINVAL
     */
    static void requireSafe(int descriptor) {
        int seals = MemoryCalls.getSeals(descriptor);
        if (seals < 0) {
            throw new ErrnoException(Errno.EINVAL, "received descriptor " + descriptor + " is no memfd");
        }
        if ((seals & WANTED_SEALS) != WANTED_SEALS) {
            throw new ErrnoException(Errno.EINVAL, "received memory is not sealed against shrinking and growing");
        }
        int access = MemoryCalls.getFlags(descriptor) & MemoryCalls.O_ACCMODE;
        if ((seals & WRITE_SEALS) != 0 || access != MemoryCalls.O_RDWR) {
            throw new ErrnoException(Errno.EINVAL, "received memory cannot be written");
        }
    }

    private static void allocate(int descriptor, long size, long allocated, boolean resize) {
        if (!MemoryRoom.grant(Math.max(0, size - allocated))) {
            throw noRoom(size);
        }
        if (resize) {
            requireRoom(MemoryCalls.ftruncate(descriptor, size), size);
        }
        int result;
        do {
            result = MemoryCalls.fallocate(descriptor, 0, size);
        } while (result == -Errno.EINTR.number());
        requireRoom(result, size);
    }

    private static void requireRoom(int result, long size) {
        if (result < 0) {
            Errno errno = Errno.of(-result);
            if (errno == Errno.ENOSPC || errno == Errno.ENOMEM || errno == Errno.EFBIG) {
                throw noRoom(size);
            }
            throw Libc.failure(result, "allocating " + size + " bytes of shared memory");
        }
    }

    private static ErrnoException noRoom(long size) {
        return new ErrnoException(Errno.ENOMEM, "no room for " + size + " bytes of shared memory");
    }
}
