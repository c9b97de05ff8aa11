package dev.crossdev.media;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The network abstraction layer units of an Annex B byte stream (ITU-T H.264, 7.3.1 and B.1.1). */
final class NalUnits {
    private static final int TYPE = 0x1f;

    private NalUnits() {}

    /**
     * Whether there are units and none of them holds a part of a picture: supplemental information, parameter sets,
     * delimiters, ends and filler (types 6 to 13, table 7-1).
     */
    static boolean accompanyPictures(MemorySegment bytes) {
        boolean found = false;
        int zeros = 0;
        for (long at = 0; at + 1 < bytes.byteSize(); at++) {
            byte value = bytes.get(ValueLayout.JAVA_BYTE, at);
            if (value == 1 && zeros >= 2) {
                int type = bytes.get(ValueLayout.JAVA_BYTE, at + 1) & TYPE;
                if (type < 6 || type > 13) {
                    return false;
                }
                found = true;
            }
            zeros = value == 0 ? zeros + 1 : 0;
        }
        return found;
    }
}
