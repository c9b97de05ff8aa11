package dev.crossdev.virtio.decode;

import dev.crossdev.virtio.capture.Bytes;
import java.util.List;
import java.util.Optional;

/** What is odd about a message's bytes. */
final class WireNotes {

    private WireNotes() {}

    /** @param canonical the bytes of the same message as this project writes it */
    static Optional<String> of(Bytes bytes, Bytes canonical) {
        int common = Math.min(bytes.size(), canonical.size());
        for (int i = 0; i < common; i++) {
            if (bytes.at(i) != canonical.at(i)) {
                return Optional.of("a byte that means nothing is not zero, at offset " + i);
            }
        }
        return bytes.size() > canonical.size()
                ? Optional.of(bytes(bytes.size() - canonical.size()) + " more than it has")
                : bytes.size() < canonical.size()
                        ? Optional.of(bytes(canonical.size() - bytes.size()) + " short")
                        : Optional.empty();
    }

    private static String bytes(int count) {
        return count == 1 ? "1 byte" : count + " bytes";
    }

    static DecodedMessage malformed(String name, List<Field> fields, Bytes bytes, String reason) {
        return new DecodedMessage(
                name, fields, Optional.of("malformed: " + reason + "; " + new Field.Value.Raw(bytes)));
    }
}
