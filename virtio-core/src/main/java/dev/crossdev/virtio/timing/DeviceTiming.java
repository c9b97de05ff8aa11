package dev.crossdev.virtio.timing;

/**
 * What is added to a device's own speed.
 *
 * @param transit each way between guest and device; messages on the way overlap and keep their order, as on a bus
 * @param service at the device, one command after another, as in a busy device thread
 */
public record DeviceTiming(Latency transit, Latency service) {

    /** As fast as the device can. */
    public static final DeviceTiming NONE = new DeviceTiming(Latency.ZERO, Latency.ZERO);

    public boolean isNone() {
        return transit.isZero() && service.isZero();
    }
}
