package dev.crossdev.guest.timeline;

/** Where a caller waited for a buffer's answer. */
public enum WaitPlace {
    ALLOCATION("allocation"),
    EXPORT("export"),
    GET_UUID("get_uuid");

    private final String text;

    WaitPlace(String text) {
        this.text = text;
    }

    /** The name in reports and in the tag {@code where} of {@code virtio.uuid.blocked}. */
    public String text() {
        return text;
    }
}
