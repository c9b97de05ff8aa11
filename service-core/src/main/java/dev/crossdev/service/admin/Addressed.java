package dev.crossdev.service.admin;

import dev.crossdev.grpc.dialect.Names;
import dev.crossdev.service.house.DeviceKey;
import java.util.Optional;

/** Whom a request is about, as its fields say it. Each fails with EINVAL for what is no name. */
final class Addressed {

    /** Sorts before every character of a name, so that text is ordered as its parts are. */
    private static final char SEPARATOR = '\0';

    private Addressed() {}

    static DeviceKey one(String guest, String device) {
        return new DeviceKey(Names.guest(guest), Names.device(device));
    }

    /** Empty: all devices and those to come. */
    static Optional<DeviceKey> oneOrAll(String guest, String device) {
        return guest.isEmpty() && device.isEmpty() ? Optional.empty() : Optional.of(one(guest, device));
    }

    static Optional<String> guestOrAll(String guest) {
        return guest.isEmpty() ? Optional.empty() : Optional.of(Names.guest(guest));
    }

    /** Where a device stands in lists. */
    static String position(DeviceKey key) {
        return key.guest() + SEPARATOR + key.device() + SEPARATOR;
    }
}
