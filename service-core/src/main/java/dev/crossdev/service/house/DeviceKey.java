package dev.crossdev.service.house;

import java.util.Comparator;

/**
 * A device's full name. Ordered by guest, then by device.
 *
 * @param guest the tenant
 * @param device the name within the guest
 */
public record DeviceKey(String guest, String device) implements Comparable<DeviceKey> {

    private static final Comparator<DeviceKey> ORDER =
            Comparator.comparing(DeviceKey::guest).thenComparing(DeviceKey::device);

    @Override
    public int compareTo(DeviceKey other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return guest + "/" + device;
    }
}
