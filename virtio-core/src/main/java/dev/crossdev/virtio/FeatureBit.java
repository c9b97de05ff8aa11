package dev.crossdev.virtio;

/** One named feature bit; device types and the transport each have an enum of theirs. */
public interface FeatureBit {

    /** Bit number, 0 to 63. */
    int bit();

    /** The name without its prefix, for example {@code RESOURCE_UUID}. */
    String name();

    /** This bit in a 64-bit mask. */
    default long mask() {
        return 1L << bit();
    }
}
