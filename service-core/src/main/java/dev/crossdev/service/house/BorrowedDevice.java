package dev.crossdev.service.house;

import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.timing.Answered;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A device that nobody owns, for somebody with a single command. */
public final class BorrowedDevice<C, R, E> {

    private final DeviceInstance<C, R, E> instance;

    BorrowedDevice(DeviceInstance<C, R, E> instance) {
        this.instance = instance;
    }

    /** Fails with ENODEV when the device is reset or goes away before its answer; the caller has the deadline. */
    public CompletableFuture<Answered<R>> execute(C command) {
        return instance.execute(command);
    }

    /** The device's own events since the last call, oldest first. */
    public List<E> takeEvents() {
        return instance.takeKeptEvents();
    }

    public GuestMemory memory() {
        return instance.facts().memory();
    }
}
