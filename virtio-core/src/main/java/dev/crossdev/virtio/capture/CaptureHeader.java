package dev.crossdev.virtio.capture;

import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a capture says of its device before the first exchange. All of it may be missing: the format is older than this.
 *
 * @param guest the tenant
 * @param device the device's name within its guest
 * @param offered feature bits that the device offered
 * @param accepted feature bits that the driver accepted
 * @param config the configuration space
 * @param epoch when the capture began
 * @param memory what the addresses in commands pointed into
 * @param clock the boot id of the machine whose CLOCK_MONOTONIC the times are of
 * @param remarks comments, for people, without their mark
 */
public record CaptureHeader(
        Optional<DeviceKind> kind,
        Optional<String> guest,
        Optional<String> device,
        Optional<Features> offered,
        Optional<Features> accepted,
        Optional<Bytes> config,
        OptionalLong epoch,
        Optional<List<MemoryRegion>> memory,
        Optional<String> clock,
        List<String> remarks) {

    public CaptureHeader {
        memory = memory.map(List::copyOf);
        remarks = List.copyOf(remarks);
    }
}
