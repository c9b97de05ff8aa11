package dev.crossdev.service.vhostuser;

import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.service.house.DeviceKey;
import java.util.Optional;
import java.util.UUID;

/** The objects that a device exports, for other back ends of the same front end. */
public interface SharedObjects {

    /** Told of a device's objects, from any thread, in order. */
    interface Listener {
        void added(UUID uuid);

        void removed(UUID uuid);
    }

    /**
     * Tells of what the device exports and will export.
     *
     * @return ends it
     */
    Runnable watch(DeviceKey device, Listener listener);

    /**
     * An object's memory, held until it is released, when the object is one memory from its first byte on; empty when it is
     * not, or is not the device's.
     */
    Optional<SharedMemory.Hold> memory(DeviceKey device, UUID uuid);

    /** Of a device type that exports nothing. */
    static SharedObjects none() {
        return new SharedObjects() {
            @Override
            public Runnable watch(DeviceKey device, Listener listener) {
                return () -> {};
            }

            @Override
            public Optional<SharedMemory.Hold> memory(DeviceKey device, UUID uuid) {
                return Optional.empty();
            }
        };
    }
}
