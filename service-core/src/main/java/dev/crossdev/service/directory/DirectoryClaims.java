package dev.crossdev.service.directory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.service.house.DeviceClaims;
import dev.crossdev.service.house.DeviceKey;
import java.util.concurrent.ExecutionException;

/** Who hosts a device is in the directory too. */
public final class DirectoryClaims implements DeviceClaims {

    private final Publisher publisher;

    public DirectoryClaims(Publisher publisher) {
        this.publisher = publisher;
    }

    @Override
    public void claim(DeviceKey key) {
        try {
            // Ends by the directory's own time limit.
            publisher.claim(key).get();
        } catch (ExecutionException e) {
            throw Statuses.toErrno(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "interrupted", e);
        }
    }

    @Override
    public void release(DeviceKey key) {
        publisher.release(key);
    }
}
