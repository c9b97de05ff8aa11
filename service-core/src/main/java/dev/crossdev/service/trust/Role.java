package dev.crossdev.service.trust;

/** What a peer is to this service. */
enum Role {

    /** A tenant: its own devices, its own buffers. Its certificate's name is its guest. */
    GUEST("crossdev-guest"),

    /** Another service, which brings UUIDs of any guest. */
    IMPORTER("crossdev-importer"),

    /** Sees and sets everything, and owns nothing. */
    ADMIN("crossdev-admin");

    private final String unit;

    Role(String unit) {
        this.unit = unit;
    }

    /** The OU that gives this role. */
    String unit() {
        return unit;
    }
}
