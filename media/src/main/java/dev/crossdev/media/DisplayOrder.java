package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Gives presentation times to access units that have none, by decoding them once: the picture that comes out n-th is
 * shown n-th. Picture order counts would say the same only between two instantaneous refreshes.
 */
final class DisplayOrder {
    private static final long NOT_SHOWN = -1;

    private DisplayOrder() {}

    /** Access units with their times. */
    record Timed(List<AccessUnit> accessUnits, FrameRate frameRate) {}

    static Timed time(List<AnnexBSplitter.Unit> units) throws MediaException {
        long[] ranks = new long[units.size()];
        Arrays.fill(ranks, NOT_SHOWN);
        FrameRate frameRate;
        try (H264Decoder decoder = new H264Decoder()) {
            int shown = 0;
            for (int index = 0; index < units.size(); index++) {
                try {
                    decoder.send(units.get(index).data(), index);
                } catch (MediaException e) {
                    if (e.reason() != Reason.CORRUPT) {
                        throw e;
                    }
                    throw damaged(index, units.size());
                }
                shown = receive(decoder, ranks, shown);
            }
            decoder.drain();
            receive(decoder, ranks, shown);
            frameRate = decoder.frameRate().orElse(FrameRate.ASSUMED);
        }
        List<AccessUnit> timed = new ArrayList<>(units.size());
        for (int index = 0; index < units.size(); index++) {
            if (ranks[index] == NOT_SHOWN) {
                throw damaged(index, units.size());
            }
            timed.add(new AccessUnit(
                    units.get(index).data(),
                    frameRate.startMicros(ranks[index]),
                    units.get(index).key()));
        }
        return new Timed(timed, frameRate);
    }

    private static int receive(H264Decoder decoder, long[] ranks, int shown) throws MediaException {
        int next = shown;
        for (Optional<DecodedFrame> received = decoder.receive(); received.isPresent(); received = decoder.receive()) {
            try (DecodedFrame frame = received.get()) {
                int index = Math.toIntExact(frame.timestamp());
                if (frame.corrupt()) {
                    throw damaged(index, ranks.length);
                }
                ranks[index] = next++;
            }
        }
        return next;
    }

    private static MediaException damaged(int index, int count) {
        String which = "picture " + (index + 1) + " of " + count;
        return index == count - 1
                ? new MediaException(Reason.TRUNCATED, which + " is cut off or damaged")
                : new MediaException(Reason.CORRUPT, which + " is damaged");
    }
}
