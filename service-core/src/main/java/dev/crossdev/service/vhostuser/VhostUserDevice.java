package dev.crossdev.service.vhostuser;

import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.virtqueue.VirtqueueDoor;
import dev.crossdev.virtio.Features;

/**
 * Which device a front end gets.
 *
 * @param door to its house
 * @param key what it is called there
 * @param offered the device's features that the driver may choose from
 * @param objects that it exports
 * @param mostMemory bytes that one piece of a machine's RAM may have
 */
public record VhostUserDevice(
        VirtqueueDoor<?, ?, ?> door, DeviceKey key, Features offered, SharedObjects objects, long mostMemory) {}
