package dev.crossdev.service.house;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.memory.GuestMemory;
import java.util.function.Consumer;

/**
 * What a new device is given.
 *
 * @param guest the tenant's name
 * @param device the device's name within its guest
 * @param features accepted by the driver
 * @param memory what the addresses in commands point into; the house closes it after the device
 * @param events takes events of the device's own protocol, from any thread, in the order in which they are to be seen
 * @param configChanged to be run when the device changed its configuration space by itself, from any thread
 * @param violations told what clients do against the protocol
 */
public record DeviceContext<E>(
        String guest,
        String device,
        Features features,
        GuestMemory memory,
        Consumer<E> events,
        Runnable configChanged,
        Violations violations) {}
