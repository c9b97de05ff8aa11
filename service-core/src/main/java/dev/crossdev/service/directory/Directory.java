package dev.crossdev.service.directory;

import dev.crossdev.grpc.client.HostPort;
import java.util.UUID;
import java.util.concurrent.CompletionStage;

/** Finds the instance that holds an object. Thread-safe; nothing here waits. */
public interface Directory extends AutoCloseable {

    /**
     * Where an object is, if it is anywhere: the instance has the last word.
     *
     * @return completes within the directory's time limit; or an {@link dev.crossdev.dmabuf.error.ErrnoException}: ENOENT
     *     when no instance has an object of that UUID for that guest, ENODEV when the directory is not there
     */
    CompletionStage<HostPort> find(String guest, UUID uuid);

    /**
     * Tells of the instances, from another thread: those that are there, then each that comes or goes.
     *
     * @return ends it
     */
    Runnable watch(InstanceListener listener);

    @Override
    void close();

    /** Told of instances in the order in which they come and go. Must return soon and not throw. */
    interface InstanceListener {

        void joined(HostPort instance);

        /** It ended, or could not keep its place for a while. */
        void left(HostPort instance);
    }
}
