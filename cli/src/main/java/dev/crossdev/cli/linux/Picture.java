package dev.crossdev.cli.linux;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.media.Clip;
import dev.crossdev.media.MediaException;
import dev.crossdev.media.ReferenceDecode;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32;

/** Pixels of 4 bytes, compared byte for byte. */
final class Picture {

    private static final int BYTES_PER_PIXEL = 4;

    private Picture() {}

    /** What a clip's first picture, in display order, decodes to without any device: bytes B, G, R, A. */
    static byte[] firstOf(Clip clip) {
        AtomicReference<byte[]> first = new AtomicReference<>();
        try {
            ReferenceDecode.forEachFrame(
                    clip, (_, pixels) -> first.compareAndSet(null, pixels.toArray(ValueLayout.JAVA_BYTE)));
        } catch (MediaException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
        }
        byte[] picture = first.get();
        if (picture == null) {
            throw new CommandFailure(ExitCode.USAGE, "a clip without a picture");
        }
        return picture;
    }

    /** As the guest's agent says it: 8 lower-case hexadecimal digits. */
    static String crc32(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    /** Whether the colours are the same; a display has no alpha. */
    static boolean sameColours(byte[] one, byte[] other) {
        if (one.length != other.length) {
            return false;
        }
        for (int i = 0; i < one.length; i++) {
            if (i % BYTES_PER_PIXEL != BYTES_PER_PIXEL - 1 && one[i] != other[i]) {
                return false;
            }
        }
        return true;
    }
}
