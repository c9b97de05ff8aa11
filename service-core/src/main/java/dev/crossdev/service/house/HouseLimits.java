package dev.crossdev.service.house;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.time.Duration;
import java.util.Collection;

/**
 * Bounds of a house.
 *
 * @param devices of all guests together
 * @param devicesPerGuest of one guest
 * @param lease the longest that is granted
 */
public record HouseLimits(int devices, int devicesPerGuest, Duration lease) {

    /** Whether one device more may be made for the guest, when there are these. */
    void checkRoom(String guest, Collection<DeviceKey> there) {
        if (there.size() >= devices) {
            throw new ErrnoException(Errno.ENOBUFS, "there are " + devices + " devices, which is the limit");
        }
        if (there.stream().filter(key -> key.guest().equals(guest)).count() >= devicesPerGuest) {
            throw new ErrnoException(
                    Errno.ENOBUFS, "guest " + guest + " has " + devicesPerGuest + " devices, which is the limit");
        }
    }

    void checkLease(Duration wanted) {
        if (wanted.isNegative() || wanted.compareTo(lease) > 0) {
            throw new ErrnoException(Errno.EINVAL, "a lease is between 0 and " + lease + ", not " + wanted);
        }
    }
}
