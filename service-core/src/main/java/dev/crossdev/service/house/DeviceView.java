package dev.crossdev.service.house;

import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.HeldBuffer;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.FaultPlan;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an operator sees of a device, at one moment.
 *
 * @param connected whether somebody owns it
 * @param leaseEndsAt present when nobody does
 * @param commands answered since it was made, by name
 * @param faults armed ones
 * @param faultHits how often faults have struck since it was made, those too that are used up, by command and effect
 * @param violations what its clients did against the protocol, by kind
 */
public record DeviceView(
        DeviceKey key,
        Features features,
        long epoch,
        boolean connected,
        Instant createdAt,
        Optional<Instant> leaseEndsAt,
        Map<String, Long> commands,
        Inspectable.Usage usage,
        DeviceTiming timing,
        List<FaultPlan.Active> faults,
        Map<String, Long> faultHits,
        Map<String, Long> violations) {

    /** A buffer and the device that holds it. */
    public record Held(DeviceKey key, HeldBuffer buffer) {}
}
