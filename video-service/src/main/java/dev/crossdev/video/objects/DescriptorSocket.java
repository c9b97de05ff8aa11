package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorClient;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The connection to the exporting service's descriptor socket, made when needed and again when it broke. */
final class DescriptorSocket implements AutoCloseable {
    private final Duration timeout;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable DescriptorClient client;

    /** @param timeout of each single step: connecting, waiting for one's turn, the exchange */
    DescriptorSocket(Duration timeout) {
        this.timeout = timeout;
    }

    /**
     * Gets memory. Waits, a few timeouts at most.
     *
     * @throws ErrnoException as {@link DescriptorClient#get}
     */
    SharedMemory get(Path path, MemoryToken token, long size) {
        DescriptorClient connected = connected(path);
        try {
            return connected.get(token, size);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EPIPE) {
                throw e;
            }
            // The service was restarted at the same path, perhaps.
            return connected(path).get(token, size);
        }
    }

    private DescriptorClient connected(Path path) {
        lock.lock();
        try {
            DescriptorClient current = client;
            if (current != null && current.isOpen() && current.path().equals(path)) {
                return current;
            }
            close();
            DescriptorClient fresh = DescriptorClient.connect(path, timeout);
            client = fresh;
            return fresh;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (client != null) {
                client.close();
                client = null;
            }
        } finally {
            lock.unlock();
        }
    }
}
