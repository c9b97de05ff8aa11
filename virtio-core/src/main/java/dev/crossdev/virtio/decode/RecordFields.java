package dev.crossdev.virtio.decode;

import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.PlanesLayout;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoControl;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoResponse;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The components of the records that stand for messages, as fields: whatever a record holds is shown, and a new message
 * needs nothing here but names for its numbers.
 */
final class RecordFields {

    /** What the decoder found out, not what lay on the wire. */
    private static final Set<String> NOT_ON_THE_WIRE = Set.of("complete");

    private static final List<String> BLOB_MEM = List.of("", "GUEST", "HOST3D", "HOST3D_GUEST");
    private static final List<String> BLOB_FLAGS = List.of("USE_MAPPABLE", "USE_SHAREABLE", "USE_CROSS_DEVICE");

    private RecordFields() {}

    static List<Field> of(Record message) {
        List<Field> fields = new ArrayList<>();
        for (RecordComponent component : message.getClass().getRecordComponents()) {
            if (!NOT_ON_THE_WIRE.contains(component.getName())) {
                fields.add(new Field(
                        snakeCase(component.getName()), value(message, component.getName(), read(message, component))));
            }
        }
        return fields;
    }

    private static Object read(Record message, RecordComponent component) {
        try {
            return component.getAccessor().invoke(message);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(component + " is not readable", e);
        }
    }

    private static Field.Value value(Record owner, String name, Object content) {
        return switch (content) {
            case Integer number -> number(owner, name, Integer.toUnsignedLong(number));
            case Long number when name.equals("address") -> new Field.Value.Address(number);
            case Long number -> new Field.Value.Number(number, Optional.empty());
            case Boolean set -> new Field.Value.Flag(set);
            case String text -> new Field.Value.Text(text);
            case UUID uuid -> new Field.Value.Id(uuid.toString());
            case byte[] bytes -> new Field.Value.Raw(Bytes.of(bytes));
            case Enum<?> constant -> new Field.Value.Number(wireNumber(constant), Optional.of(constant.name()));
            case ResourceEntry entry -> entry(entry);
            case Record nested -> new Field.Value.Struct(of(nested));
            case List<?> list ->
                new Field.Value.Items(
                        list.stream().map(each -> value(owner, name, each)).toList());
            default -> throw new IllegalStateException(name + " of " + owner.getClass());
        };
    }

    /** All the enums of fields have their number on the wire. */
    private static long wireNumber(Enum<?> constant) {
        return switch (constant) {
            case dev.crossdev.virtio.video.QueueType queue -> queue.number();
            case dev.crossdev.virtio.video.MemType memory -> memory.number();
            default -> throw new IllegalStateException(constant + " of " + constant.getDeclaringClass());
        };
    }

    /**
     * Guest memory or a UUID, which only the stream's memory type says. An entry's padding is zero, and in a random UUID
     * those four bytes are zero once in four billion; sixteen zero bytes are a UUID that was read too early.
     */
    private static Field.Value entry(ResourceEntry entry) {
        boolean padded = (int) entry.low() == 0;
        MemEntry memory = entry.asMemEntry();
        return padded && memory.length() != 0
                ? new Field.Value.Struct(of(memory))
                : new Field.Value.Id(entry.asUuid().toString());
    }

    private static Field.Value number(Record owner, String name, long number) {
        return new Field.Value.Number(number, meaning(owner, name, (int) number));
    }

    private static Optional<String> meaning(Record owner, String name, int number) {
        return switch (name) {
            case "format", "codedFormat" ->
                owner instanceof GpuCommand
                        ? PixelFormat.of(number).map(PixelFormat::name)
                        : VideoFormat.of(number).map(VideoFormat::name);
            case "blobMem" ->
                number >= BlobMem.GUEST && number < BLOB_MEM.size()
                        ? Optional.of(BLOB_MEM.get(number))
                        : Optional.empty();
            case "blobFlags" -> Optional.of(flags(BLOB_FLAGS, number));
            case "control" -> VideoControl.of(number).map(VideoControl::name);
            case "flags" ->
                owner instanceof VideoResponse.OkResourceQueue
                        ? Optional.of(BufferFlags.describe(number))
                        : Optional.empty();
            case "planesLayout" ->
                owner instanceof VideoCommand ? PlanesLayout.of(number).map(PlanesLayout::name) : Optional.empty();
            case "number" -> Optional.of("0x" + Integer.toHexString(number));
            default -> Optional.empty();
        };
    }

    /** The names of the bits that are set, joined by {@code |}; bits without a name as a number. */
    static String flags(List<String> names, int flags) {
        List<String> words = new ArrayList<>();
        int rest = flags;
        for (int bit = 0; bit < names.size(); bit++) {
            if ((flags & 1 << bit) != 0) {
                words.add(names.get(bit));
                rest &= ~(1 << bit);
            }
        }
        if (rest != 0 || words.isEmpty()) {
            words.add(rest == 0 ? "0" : "0x" + Integer.toHexString(rest));
        }
        return String.join("|", words);
    }

    private static String snakeCase(String camel) {
        return camel.replaceAll("([a-z])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
    }
}
