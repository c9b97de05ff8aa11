package dev.crossdev.virtio.decode;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A message by name and field.
 *
 * @param name of the command, the result or the event, without prefix; {@code malformed} for bytes that are none
 * @param fields those of the header only where they say something
 * @param note what is odd about its bytes
 */
public record DecodedMessage(String name, List<Field> fields, Optional<String> note) {

    public DecodedMessage {
        fields = List.copyOf(fields);
    }

    /** As {@code NAME(field=value, …)}; no parentheses when there is nothing in them. */
    @Override
    public String toString() {
        String inner = fields.stream().map(Field::toString).collect(Collectors.joining(", "));
        return (inner.isEmpty() ? name : name + "(" + inner + ")")
                + note.map(odd -> " /* " + odd + " */").orElse("");
    }
}
