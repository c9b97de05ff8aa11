package dev.crossdev.virtio.decode;

import dev.crossdev.virtio.capture.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A field of a message.
 *
 * @param name as the drivers' headers have it, such as {@code resource_id}
 */
public record Field(String name, Value value) {

    /** As {@code name=value}. */
    @Override
    public String toString() {
        return name + "=" + value;
    }

    /** What is in a field. Its text is for people: long bytes are cut, equal neighbours counted. */
    public sealed interface Value {

        /**
         * @param number unsigned
         * @param meaning its name, or names joined by {@code |}; empty for a mere number
         */
        record Number(long number, Optional<String> meaning) implements Value {
            @Override
            public String toString() {
                return meaning.orElseGet(() -> Long.toUnsignedString(number));
            }
        }

        /** A guest physical address. */
        record Address(long address) implements Value {
            @Override
            public String toString() {
                return "0x" + Long.toHexString(address);
            }
        }

        record Text(String text) implements Value {
            @Override
            public String toString() {
                StringBuilder quoted = new StringBuilder("\"");
                text.chars().forEach(c -> quoted.append(c < ' ' || c == 0x7f ? '?' : (char) c));
                return quoted.append('"').toString();
            }
        }

        /** A UUID in its canonical text. */
        record Id(String uuid) implements Value {
            @Override
            public String toString() {
                return uuid;
            }
        }

        record Flag(boolean set) implements Value {
            @Override
            public String toString() {
                return Boolean.toString(set);
            }
        }

        record Raw(Bytes bytes) implements Value {
            private static final int SHOWN = 32;

            @Override
            public String toString() {
                return bytes.size() <= SHOWN
                        ? bytes.size() + " bytes " + bytes
                        : bytes.size() + " bytes " + bytes.part(0, SHOWN) + "…";
            }
        }

        record Struct(List<Field> fields) implements Value {
            public Struct {
                fields = List.copyOf(fields);
            }

            @Override
            public String toString() {
                return fields.stream().map(Field::toString).collect(Collectors.joining(", ", "{", "}"));
            }
        }

        record Items(List<Value> items) implements Value {
            public Items {
                items = List.copyOf(items);
            }

            @Override
            public String toString() {
                List<String> words = new ArrayList<>();
                for (int from = 0; from < items.size(); ) {
                    int to = from + 1;
                    while (to < items.size() && items.get(to).equals(items.get(from))) {
                        to++;
                    }
                    words.add(to - from == 1 ? items.get(from).toString() : (to - from) + " x " + items.get(from));
                    from = to;
                }
                return "[" + String.join(", ", words) + "]";
            }
        }
    }
}
