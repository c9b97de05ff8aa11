package dev.crossdev.service.virtqueue;

/** A transport, told of what its device does unasked. Called from any thread, also under locks: hand it on and return. */
public interface GuestDeviceListener {

    /** A command was answered: what the device shows may be something else now. */
    default void answered() {}

    /** The configuration space changed: a configuration change notification for the driver. */
    void configChanged();

    /**
     * The device takes nothing more until {@link GuestDevice#reset}: DEVICE_NEEDS_RESET, and a configuration change
     * notification (virtio 1.4, Device Status Field).
     *
     * @param reason for a log
     */
    void needsReset(String reason);

    /** The device is gone for good; nothing follows. */
    void unplugged(String reason);
}
