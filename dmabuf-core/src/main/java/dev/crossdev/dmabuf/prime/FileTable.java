package dev.crossdev.dmabuf.prime;

import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Fence;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A process's descriptors for buffers and fences (Linux, dma_buf_fd and dma_buf_get; sync_file). The lowest free number is
 * given out, from 0. Thread-safe.
 */
public final class FileTable implements AutoCloseable {
    private sealed interface File {
        /** Owns a reference. */
        record OfBuffer(DmaBuf buffer) implements File {}

        record OfFence(Fence fence) implements File {}
    }

    private final int limit;
    private final Object lock = new Object();
    private final Map<Integer, File> files = new HashMap<>();
    private final BitSet taken = new BitSet();

    /** @param limit descriptors at a time, as RLIMIT_NOFILE */
    public FileTable(int limit) {
        this.limit = limit;
    }

    /**
     * A descriptor for a buffer. Takes over the caller's reference, unless it fails.
     *
     * @throws ErrnoException EMFILE
     */
    public int install(DmaBuf buffer) {
        return install(new File.OfBuffer(buffer));
    }

    /**
     * A descriptor for a fence.
     *
     * @throws ErrnoException EMFILE
     */
    public int install(Fence fence) {
        return install(new File.OfFence(fence));
    }

    /**
     * The buffer, with a reference for the caller.
     *
     * @throws ErrnoException EBADF when there is no such descriptor; EINVAL when it is a fence's
     */
    public DmaBuf buffer(int descriptor) {
        synchronized (lock) {
            // Under the lock, so that a close cannot drop the table's reference first.
            return switch (find(descriptor)) {
                case File.OfBuffer(DmaBuf buffer) -> buffer.get();
                case File.OfFence _ -> throw new ErrnoException(Errno.EINVAL, descriptor + " is a fence, no buffer");
            };
        }
    }

    /** @throws ErrnoException EBADF when there is no such descriptor; EINVAL when it is a buffer's */
    public Fence fence(int descriptor) {
        synchronized (lock) {
            return switch (find(descriptor)) {
                case File.OfFence(Fence fence) -> fence;
                case File.OfBuffer _ -> throw new ErrnoException(Errno.EINVAL, descriptor + " is a buffer, no fence");
            };
        }
    }

    /**
     * Gives a descriptor up, and with it its reference.
     *
     * @throws ErrnoException EBADF when there is no such descriptor
     */
    public void close(int descriptor) {
        File file;
        synchronized (lock) {
            file = find(descriptor);
            files.remove(descriptor);
            taken.clear(descriptor);
        }
        drop(file);
    }

    /** How many descriptors there are. */
    public int size() {
        synchronized (lock) {
            return files.size();
        }
    }

    /** Gives all descriptors up: the end of the process. */
    @Override
    public void close() {
        List<File> all;
        synchronized (lock) {
            all = new ArrayList<>(files.values());
            files.clear();
            taken.clear();
        }
        all.forEach(FileTable::drop);
    }

    private int install(File file) {
        synchronized (lock) {
            if (files.size() >= limit) {
                throw new ErrnoException(Errno.EMFILE, "all " + limit + " descriptors are taken");
            }
            int descriptor = taken.nextClearBit(0);
            taken.set(descriptor);
            files.put(descriptor, file);
            return descriptor;
        }
    }

    private File find(int descriptor) {
        File file = files.get(descriptor);
        if (file == null) {
            throw new ErrnoException(Errno.EBADF, "no descriptor " + descriptor);
        }
        return file;
    }

    private static void drop(File file) {
        if (file instanceof File.OfBuffer(DmaBuf buffer)) {
            buffer.put();
        }
    }
}
