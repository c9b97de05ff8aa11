package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Memory that its owner can take away at any moment: a file in tmpfs that nobody can seal, such as User Mode Linux's RAM or
 * QEMU's memory-backend-file. An access through a mapping of it may be a SIGBUS, and that ends the process unless it strikes
 * compiled Java (JDK 25: a store by the interpreter does not survive it). So bytes are copied by pread and pwrite, which fail
 * instead, and no segment of it is given out.
 *
 * <p>Safe for use by several threads.
 */
public final class UnsealedMemory implements ReceivedMemory {

    /** Of memory off the heap that a copy goes through at a time. */
    private static final long BOUNCE = 64 << 10;

    private final int descriptor;
    private final long size;
    /** Only the kernel ever looks at it. */
    private final MappedRegion words;

    /** A descriptor that is closed may mean another file the moment after. */
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

    private boolean closed;

    private UnsealedMemory(int descriptor, long size, MappedRegion words) {
        this.descriptor = descriptor;
        this.size = size;
        this.words = words;
    }

    /**
     * Takes a descriptor that another process gave, and owns it from here on: closed at once when it is refused.
     *
     * @throws ErrnoException EPERM unless it is a file in tmpfs: a file elsewhere can make a reader wait without end, and huge
     *     pages cannot be written so; EINVAL when it is empty or not open for reading and writing
     */
    static UnsealedMemory adopt(int descriptor) {
        try {
            if (!FileCalls.isInTmpfs(descriptor)) {
                throw new ErrnoException(
                        Errno.EPERM,
                        "the memory can be sealed against shrinking by nobody, and is no file in tmpfs; give the machine its"
                                + " RAM in a memfd (QEMU: memory-backend-memfd,share=on) or in /dev/shm");
            }
            if ((MemoryCalls.getFlags(descriptor) & MemoryCalls.O_ACCMODE) != MemoryCalls.O_RDWR) {
                throw new ErrnoException(Errno.EINVAL, "received memory cannot be written");
            }
            long size = MemoryCalls.fileSize(descriptor).size();
            if (size <= 0) {
                throw new ErrnoException(Errno.EINVAL, "received memory has " + size + " bytes");
            }
            return new UnsealedMemory(descriptor, size, MappedRegion.map(descriptor, size));
        } catch (Throwable e) {
            Libc.close(descriptor);
            throw e;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean isClosed() {
        lock.readLock().lock();
        try {
            return closed;
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Copies out.
     *
     * @param target all of it is filled
     * @throws ErrnoException EFAULT when some of it is not there, or not any more; the target is then undefined
     */
    public void read(long offset, MemorySegment target) {
        copy(offset, target, false);
    }

    /**
     * Copies in.
     *
     * @param source all of it is copied
     * @throws ErrnoException EFAULT when some of it is not there, or not any more, or its file system is full
     */
    public void write(long offset, MemorySegment source) {
        copy(offset, source, true);
    }

    private void copy(long offset, MemorySegment other, boolean in) {
        long length = other.byteSize();
        lock.readLock().lock();
        try (Arena arena = Arena.ofConfined()) {
            requireInside(offset, length);
            // Writing would make the file as long again.
            if (in && offset + length > MemoryCalls.fileSize(descriptor).size()) {
                throw gone(offset);
            }
            long most = Math.min(length, BOUNCE);
            MemorySegment bounce = other.isNative() ? MemorySegment.NULL : arena.allocate(most);
            for (long done = 0; done < length; ) {
                long part = other.isNative() ? length - done : Math.min(length - done, most);
                MemorySegment here = other.asSlice(done, part);
                MemorySegment through = other.isNative() ? here : bounce.asSlice(0, part);
                long copied;
                if (in) {
                    if (!other.isNative()) {
                        through.copyFrom(here);
                    }
                    copied = FileCalls.pwrite(descriptor, through, offset + done);
                } else {
                    copied = FileCalls.pread(descriptor, through, offset + done);
                    if (!other.isNative() && copied > 0) {
                        MemorySegment.copy(through, 0, here, 0, copied);
                    }
                }
                if (copied == 0 || (copied < 0 && copied != -Errno.EINTR.number())) {
                    throw gone(offset + done);
                }
                done += Math.max(0, copied);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Adds one to a 16-bit number, the upper half of an aligned little-endian word, in one store that comes after all writes
     * before it; it wraps. A pwrite of two bytes would not do: the kernel copies them one by one on some machines, and the
     * other side may look between them.
     *
     * @param offset of the number, 2 above a multiple of 4
     * @throws ErrnoException EFAULT as {@link #write}; EINVAL for another offset
     */
    public void increment(long offset) {
        if (offset % Integer.BYTES != Short.BYTES) {
            throw new ErrnoException(Errno.EINVAL, "no upper half of a word: " + offset);
        }
        lock.readLock().lock();
        try {
            requireInside(offset, Short.BYTES);
            if (FileCalls.incrementUpperHalf(words.segment().asSlice(offset - Short.BYTES, Integer.BYTES)) < 0) {
                throw gone(offset);
            }
        } finally {
            lock.readLock().unlock();
        }
    }

    private void requireInside(long offset, long length) {
        if (closed || offset < 0 || length < 0 || offset > size - length) {
            throw new ErrnoException(
                    Errno.EFAULT,
                    "[" + offset + ", +" + length + ") of " + (closed ? "closed memory" : size + " bytes of memory"));
        }
    }

    private static ErrnoException gone(long offset) {
        return new ErrnoException(Errno.EFAULT, "memory is gone at " + offset + ": its owner took it away");
    }

    /** Waits for copies under way, which never wait themselves. Closing again does nothing. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            Libc.close(descriptor);
        } finally {
            lock.writeLock().unlock();
        }
        words.close(() -> {});
    }

    @Override
    public String toString() {
        return "unsealed[" + size + " bytes, fd " + descriptor + "]";
    }
}
