package dev.crossdev.service.directory;

import dev.crossdev.service.house.DeviceKey;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** One instance's entries in the directory. Thread-safe; nothing here waits. */
public interface Publisher extends AutoCloseable {

    /**
     * Makes an object of this instance found.
     *
     * @return completes within the directory's time limit: when whoever looks will find it, whatever happens to the
     *     directory's servers; or with an {@link dev.crossdev.dmabuf.error.ErrnoException}, and it is withdrawn
     */
    CompletableFuture<Void> publish(String guest, UUID uuid);

    /** The object is no longer found, soon. What was not published is no error. */
    void withdraw(String guest, UUID uuid);

    /**
     * Makes this instance the host of a device.
     *
     * @return completes within the directory's time limit; or with {@link
     *     dev.crossdev.grpc.status.HostedElsewhereException} when another instance is, or another {@link
     *     dev.crossdev.dmabuf.error.ErrnoException}, and then it is not
     */
    CompletableFuture<Void> claim(DeviceKey device);

    /** This instance hosts the device no longer. What another one hosts, or nobody, is no error. */
    void release(DeviceKey device);

    /** Whether this instance has its place: otherwise its objects are not found, and nothing can be published. */
    boolean holdsItsPlace();

    /** Withdraws everything. */
    @Override
    void close();
}
