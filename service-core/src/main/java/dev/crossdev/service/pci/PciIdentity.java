package dev.crossdev.service.pci;

import java.util.List;

/**
 * What a PCI function of a device type says of itself.
 *
 * @param virtioId the device type's number in the specification
 * @param classCode base class and subclass, such as 0x0380 for a display that is no VGA
 * @param queueSizes entries that each virtqueue is offered with, powers of two
 */
public record PciIdentity(int virtioId, int classCode, List<Integer> queueSizes) {

    public PciIdentity {
        queueSizes = List.copyOf(queueSizes);
    }
}
