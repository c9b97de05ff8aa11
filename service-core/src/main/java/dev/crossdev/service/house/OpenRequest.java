package dev.crossdev.service.house;

import dev.crossdev.virtio.Features;
import java.time.Duration;
import java.util.Optional;

/**
 * What it takes to make a device, or to take up one whose lease has not run out.
 *
 * @param key the device's full name
 * @param features that the driver wants; empty means all that are offered, or those that a device taken up has
 * @param memory makes the guest memory, only when a device is made; empty: the opener brings none
 * @param lease how long the device outlives its owner; zero: not at all
 */
public record OpenRequest(DeviceKey key, Optional<Features> features, Optional<MemorySource> memory, Duration lease) {}
