package dev.crossdev.service.virtqueue;

import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.TransportFeature;
import dev.crossdev.virtio.memory.RamGuestMemory;

/**
 * Lets a guest's virtqueues reach devices of a house: to everybody who looks at the house (lists, meters, taps, operators)
 * such a device is like any other.
 *
 * @param <C> command
 * @param <R> answer
 * @param <E> event of the device's protocol
 */
public final class VirtqueueDoor<C, R, E> {

    /** What the rings can do (see {@link dev.crossdev.virtio.queue.SplitQueue}). */
    public static final Features RING_FEATURES =
            Features.of(TransportFeature.VERSION_1, TransportFeature.INDIRECT_DESC, TransportFeature.EVENT_IDX);

    private final DeviceHouse<C, R, E> house;
    private final QueueForm<C, R> form;
    private final TurnaroundListener turnarounds;

    public VirtqueueDoor(DeviceHouse<C, R, E> house, QueueForm<C, R> form, TurnaroundListener turnarounds) {
        this.house = house;
        this.form = form;
        this.turnarounds = turnarounds;
    }

    /** The features of the device type, without those of the rings. */
    public Features deviceFeatures() {
        return house.type().offered();
    }

    /**
     * Makes a device for a virtual machine. It is there from here on, with all features that are offered, until the driver
     * has chosen. May wait a little.
     *
     * @param key what it is called in the house
     * @param offered of {@link #deviceFeatures}: what the driver may choose from, besides {@link #RING_FEATURES}
     * @param memory the machine's, kept up to date by the transport; stays the transport's
     * @throws dev.crossdev.dmabuf.error.ErrnoException EBUSY when the name is taken; else as {@link DeviceHouse#open}
     */
    public GuestDevice<C, R, E> plug(
            DeviceKey key, Features offered, RamGuestMemory memory, GuestDeviceListener listener) {
        GuestDevice<C, R, E> device = new GuestDevice<>(house, form, key, offered, memory, turnarounds, listener);
        device.open(offered);
        return device;
    }
}
