package dev.crossdev.service.house;

import dev.crossdev.dmabuf.ViolationCounter;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.memory.GuestMemory;
import java.time.Instant;

/** What stays the same as long as a device lives. */
record DeviceFacts<C, R>(
        DeviceKey key,
        Features features,
        GrantedMemory granted,
        HostedDevice<C, R> hosted,
        CommandStatistics statistics,
        ViolationCounter violations,
        Instant createdAt) {

    GuestMemory memory() {
        return granted.memory();
    }
}
