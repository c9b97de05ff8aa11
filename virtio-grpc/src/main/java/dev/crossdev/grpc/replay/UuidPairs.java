package dev.crossdev.grpc.replay;

import dev.crossdev.virtio.capture.Bytes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which UUID of now stands for which of then. A UUID is the device's own choice, but what is the same object must stay one,
 * and two must stay two.
 */
final class UuidPairs {

    private static final int UUID_BYTES = 16;

    private final Map<Bytes, Bytes> nowOfThen = new HashMap<>();
    private final Map<Bytes, Bytes> thenOfNow = new HashMap<>();

    /** What is wrong with this pair beside those that are known. */
    Optional<String> add(Bytes then, Bytes now) {
        Bytes knownNow = nowOfThen.putIfAbsent(then, now);
        if (knownNow != null && !knownNow.equals(now)) {
            return Optional.of("uuid " + then + " was " + knownNow + " before and is " + now + " now");
        }
        Bytes knownThen = thenOfNow.putIfAbsent(now, then);
        return knownThen != null && !knownThen.equals(then)
                ? Optional.of("uuid " + now + " stands for two: " + knownThen + " and " + then)
                : Optional.empty();
    }

    /** A driver's bytes with the UUIDs of now. Sixteen random bytes are not met by chance. */
    Bytes translate(Bytes request) {
        if (nowOfThen.isEmpty()) {
            return request;
        }
        byte[] translated = request.toArray();
        for (int at = 0; at + UUID_BYTES <= translated.length; at++) {
            Bytes now = nowOfThen.get(request.part(at, at + UUID_BYTES));
            if (now != null) {
                System.arraycopy(now.toArray(), 0, translated, at, UUID_BYTES);
                at += UUID_BYTES - 1;
            }
        }
        return Bytes.of(translated);
    }
}
