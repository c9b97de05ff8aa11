package dev.crossdev.media;

import java.lang.foreign.MemorySegment;

/**
 * The coded form of one picture, in Annex B (start codes, parameter sets in front of the pictures that need them).
 *
 * @param data the bytes; read-only
 * @param timestampMicros when the picture is shown, in microseconds from the clip's first shown picture
 * @param key whether decoding can start here
 */
public record AccessUnit(MemorySegment data, long timestampMicros, boolean key) {
    public AccessUnit {
        data = data.asReadOnly();
    }

    /** Length of the data in bytes. */
    public int size() {
        return Math.toIntExact(data.byteSize());
    }
}
