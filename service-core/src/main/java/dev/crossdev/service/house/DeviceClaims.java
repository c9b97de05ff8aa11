package dev.crossdev.service.house;

/** Sees to it that a device is hosted by one instance of the service, where there are several. */
public interface DeviceClaims {

    /** There is one instance. */
    DeviceClaims NONE = new DeviceClaims() {
        @Override
        public void claim(DeviceKey key) {}

        @Override
        public void release(DeviceKey key) {}
    };

    /**
     * Takes the name for this instance, which may have it already. May wait a little.
     *
     * @throws dev.crossdev.grpc.status.HostedElsewhereException when another instance hosts the device
     * @throws dev.crossdev.dmabuf.error.ErrnoException when that cannot be known
     */
    void claim(DeviceKey key);

    /** The device is gone. Does not wait. */
    void release(DeviceKey key);
}
