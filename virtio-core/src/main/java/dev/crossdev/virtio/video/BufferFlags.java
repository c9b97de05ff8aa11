package dev.crossdev.virtio.video;

import java.util.ArrayList;
import java.util.List;

/** Flags in the answer to RESOURCE_QUEUE. */
public final class BufferFlags {

    /** The buffer holds nothing of use: an error, or it was taken back. */
    public static final int ERR = 1;

    /** The last buffer of a drained stream. */
    public static final int EOS = 1 << 1;

    public static final int IFRAME = 1 << 2;
    public static final int PFRAME = 1 << 3;
    public static final int BFRAME = 1 << 4;

    private static final List<String> NAMES = List.of("ERR", "EOS", "IFRAME", "PFRAME", "BFRAME");

    private BufferFlags() {}

    /** In words, for example {@code ERR|EOS}; {@code 0} for none. */
    public static String describe(int flags) {
        List<String> words = new ArrayList<>();
        int unnamed = flags;
        for (int bit = 0; bit < NAMES.size(); bit++) {
            if ((flags & 1 << bit) != 0) {
                words.add(NAMES.get(bit));
                unnamed &= ~(1 << bit);
            }
        }
        if (unnamed != 0 || words.isEmpty()) {
            words.add(unnamed == 0 ? "0" : "0x" + Integer.toHexString(unnamed));
        }
        return String.join("|", words);
    }
}
