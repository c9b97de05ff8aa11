package dev.crossdev.service.house;

import dev.crossdev.virtio.memory.GuestMemory;
import java.util.concurrent.atomic.AtomicBoolean;

/** A device's guest memory together with what has to happen when it is given back. */
public final class GrantedMemory implements AutoCloseable {

    private final GuestMemory memory;
    private final Runnable givenBack;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * @param givenBack run once, after the memory was closed
     */
    public GrantedMemory(GuestMemory memory, Runnable givenBack) {
        this.memory = memory;
        this.givenBack = givenBack;
    }

    public GuestMemory memory() {
        return memory;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            memory.close();
            givenBack.run();
        }
    }
}
