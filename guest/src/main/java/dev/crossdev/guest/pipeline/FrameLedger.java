package dev.crossdev.guest.pipeline;

import dev.crossdev.media.AccessUnit;
import java.util.ArrayList;
import java.util.List;

/** Compares the frames that come out with the clip's pictures in display order. */
final class FrameLedger {

    /** One wrong frame makes all later ones wrong; the first few say what happened. */
    private static final int MOST_FAULTS = 10;

    private final long[] expected;
    private final int frameBytes;
    private final List<String> faults = new ArrayList<>();
    private int delivered;

    /**
     * @param units of the clip, in decode order
     * @param frameBytes of a whole frame
     */
    FrameLedger(List<AccessUnit> units, int frameBytes) {
        this.expected =
                units.stream().mapToLong(AccessUnit::timestampMicros).sorted().toArray();
        this.frameBytes = frameBytes;
    }

    /** A frame is on the scanout. Returns its number. */
    int delivered(long timestampMicros, int bytes) {
        int number = delivered++;
        if (number >= expected.length) {
            fault("frame " + number + " of a clip of " + expected.length);
        } else if (timestampMicros != expected[number]) {
            fault("frame " + number + " has timestamp " + timestampMicros + ", not " + expected[number]);
        }
        if (bytes != frameBytes) {
            fault("frame " + number + " has " + bytes + " bytes, not " + frameBytes);
        }
        return number;
    }

    /** An output came back without a frame. */
    void broken(int flags) {
        fault("an output buffer came back with flags " + flags + " after frame " + (delivered - 1));
    }

    /** The clip is over. */
    void end() {
        if (delivered < expected.length) {
            fault((expected.length - delivered) + " frames never came");
        }
    }

    int deliveredFrames() {
        return delivered;
    }

    List<String> faults() {
        return List.copyOf(faults);
    }

    private void fault(String text) {
        if (faults.size() < MOST_FAULTS) {
            faults.add(text);
        }
    }
}
