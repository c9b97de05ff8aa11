package dev.crossdev.cli.wire;

/**
 * A device as a person names it.
 *
 * @param guest the tenant
 * @param device the name within the guest
 */
public record DeviceAddress(String guest, String device) {

    private static final String DEFAULT_GUEST = "default";

    /**
     * {@code [GUEST/]NAME}.
     *
     * @throws IllegalArgumentException when it is not
     */
    public static DeviceAddress parse(String text) {
        int slash = text.indexOf('/');
        String guest = slash < 0 ? DEFAULT_GUEST : text.substring(0, slash);
        String device = text.substring(slash + 1);
        if (guest.isEmpty() || device.isEmpty() || device.indexOf('/') >= 0) {
            throw new IllegalArgumentException("'" + text + "' is not [GUEST/]NAME, such as vm0 or default/vm0");
        }
        return new DeviceAddress(guest, device);
    }

    @Override
    public String toString() {
        return guest + "/" + device;
    }
}
