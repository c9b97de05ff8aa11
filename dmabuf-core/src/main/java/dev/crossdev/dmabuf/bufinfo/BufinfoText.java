package dev.crossdev.dmabuf.bufinfo;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.fence.FenceInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * A listing as text: for people, with the kernel's words (debugfs, {@code dma_buf/bufinfo}), and as CSV.
 *
 * <p>The text is stable: lines end in a newline, fields are parted by one tab, times are whole milliseconds, what is not
 * there is {@code <none>}, further fields come after those that are. A name cannot break a line: control characters,
 * separators and backslashes in it are written as a backslash, a u and four hexadecimal digits.
 * <pre>
 * Dma-buf Objects:
 * id  size  count  exp_name  name  age_ms  cpu_maps  state  uuid  cause  waiters  asked
 * 7   4096  2      vm0       frame 1200    0         OK     6d0f… &lt;none&gt; 0        1
 * ⇥write  video-service/vd0  seq 0  left_ms 1998                one line for each fence that has not signalled
 * ⇥Attached Devices:
 * ⇥video-service/vd0  dynamic|static  since_ms 12  mapped 1  pinned 0
 * Total 1 devices attached
 *                                                               an empty line after each buffer
 * Total 1 objects, 4096 bytes, 1 devices, 0 waiters, 1 fences
 * </pre>
 *
 * <p>The state is {@code INITIALIZING}, {@code OK} or {@code FAILED}, and {@code plain} for a buffer that is not virtio.
 */
public final class BufinfoText {
    private static final String NONE = "<none>";
    private static final List<String> COLUMNS = List.of(
            "id",
            "size",
            "count",
            "exp_name",
            "name",
            "age_ms",
            "cpu_maps",
            "state",
            "uuid",
            "cause",
            "waiters",
            "asked");

    private BufinfoText() {}

    /** The text above. */
    public static String of(Bufinfo info) {
        StringBuilder text = new StringBuilder("Dma-buf Objects:\n");
        line(text, COLUMNS);
        for (BufferInfo buffer : info.buffers()) {
            line(text, escaped(fields(buffer, info.takenAt())));
            buffer.fences().forEach(fence -> line(text.append('\t'), escaped(fields(fence))));
            text.append("\tAttached Devices:\n");
            buffer.attachments()
                    .forEach(attachment -> line(text.append('\t'), escaped(fields(attachment, info.takenAt()))));
            text.append("Total ").append(buffer.attachments().size()).append(" devices attached\n\n");
        }
        Bufinfo.Totals totals = info.totals();
        return text.append("Total %d objects, %d bytes, %d devices, %d waiters, %d fences\n"
                        .formatted(
                                totals.buffers(),
                                totals.bytes(),
                                totals.attachments(),
                                totals.waiters(),
                                totals.fences()))
                .toString();
    }

    /**
     * One line for each buffer and holder (a buffer without a holder has one line, its holder empty), after a heading: RFC
     * 4180 with lines that end in a newline. A value that a spreadsheet would take for a formula has an apostrophe before it.
     */
    public static String csv(Bufinfo info) {
        List<String> heading = new ArrayList<>(COLUMNS);
        heading.addAll(List.of("fences", "holder", "kind", "since_ms", "mapped", "pinned"));
        StringBuilder csv = new StringBuilder(String.join(",", heading)).append('\n');
        for (BufferInfo buffer : info.buffers()) {
            List<String> common = new ArrayList<>(fields(buffer, info.takenAt()));
            common.replaceAll(field -> field.equals(NONE) ? "" : field);
            common.add(String.valueOf(buffer.fences().size()));
            if (buffer.attachments().isEmpty()) {
                row(csv, common, List.of("", "", "", "", ""));
            }
            for (AttachmentInfo attachment : buffer.attachments()) {
                row(
                        csv,
                        common,
                        List.of(
                                attachment.importer(),
                                kind(attachment),
                                millis(Duration.between(attachment.since(), info.takenAt())),
                                String.valueOf(attachment.mapped()),
                                String.valueOf(attachment.pinned())));
            }
        }
        return csv.toString();
    }

    private static List<String> fields(BufferInfo buffer, Instant now) {
        Optional<RegistrationInfo> registration = buffer.registration();
        return List.of(
                String.valueOf(buffer.id()),
                String.valueOf(buffer.size()),
                String.valueOf(buffer.references()),
                buffer.exporter(),
                buffer.name().orElse(NONE),
                millis(buffer.age(now)),
                String.valueOf(buffer.cpuMappings()),
                registration.map(r -> r.state().name()).orElse("plain"),
                registration.flatMap(RegistrationInfo::uuid).map(UUID::toString).orElse(NONE),
                registration.flatMap(BufinfoText::cause).orElse(NONE),
                String.valueOf(buffer.waiters()),
                registration.map(r -> String.valueOf(r.asked())).orElse("0"));
    }

    private static Optional<String> cause(RegistrationInfo registration) {
        return registration
                .errno()
                .map(errno -> errno + ": " + registration.cause().orElse(""));
    }

    private static List<String> fields(FenceInfo fence) {
        return List.of(
                fence.usage().name().toLowerCase(Locale.ROOT),
                fence.owner(),
                "seq " + fence.sequence(),
                fence.signalled()
                        ? "signalled " + fence.error().map(Errno::name).orElse("0")
                        : "left_ms " + millis(fence.left()));
    }

    private static List<String> fields(AttachmentInfo attachment, Instant now) {
        return List.of(
                attachment.importer(),
                kind(attachment),
                "since_ms " + millis(Duration.between(attachment.since(), now)),
                "mapped " + attachment.mapped(),
                "pinned " + attachment.pinned());
    }

    private static String kind(AttachmentInfo attachment) {
        return attachment.dynamic() ? "dynamic" : "static";
    }

    private static String millis(Duration duration) {
        return String.valueOf(Math.max(0, duration.toMillis()));
    }

    private static void line(StringBuilder text, List<String> fields) {
        text.append(String.join("\t", fields)).append('\n');
    }

    private static List<String> escaped(List<String> fields) {
        return fields.stream().map(BufinfoText::escaped).toList();
    }

    private static String escaped(String field) {
        return field.codePoints()
                .mapToObj(c -> switch (Character.getType(c)) {
                    case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                        "\\u%04x".formatted(c);
                    default -> c == '\\' ? "\\u005c" : Character.toString(c);
                })
                .collect(Collectors.joining());
    }

    private static void row(StringBuilder csv, List<String> common, List<String> holder) {
        csv.append(common.stream().map(BufinfoText::quoted).collect(Collectors.joining(",")))
                .append(',')
                .append(holder.stream().map(BufinfoText::quoted).collect(Collectors.joining(",")))
                .append('\n');
    }

    private static String quoted(String field) {
        String safe = !field.isEmpty() && "=+-@\t\r".indexOf(field.charAt(0)) >= 0 ? "'" + field : field;
        boolean plain = safe.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? safe : '"' + safe.replace("\"", "\"\"") + '"';
    }
}
