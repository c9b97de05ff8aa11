package dev.crossdev.service.house;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.time.Duration;

/**
 * Bounds of a house.
 *
 * @param devices of all guests together
 * @param devicesPerGuest of one guest
 * @param lease the longest that is granted
 */
public record HouseLimits(int devices, int devicesPerGuest, Duration lease) {

    void checkLease(Duration wanted) {
        if (wanted.isNegative() || wanted.compareTo(lease) > 0) {
            throw new ErrnoException(Errno.EINVAL, "a lease is between 0 and " + lease + ", not " + wanted);
        }
    }
}
