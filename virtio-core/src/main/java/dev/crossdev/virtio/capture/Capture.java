package dev.crossdev.virtio.capture;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A whole capture. */
public record Capture(CaptureHeader header, List<Line> lines) {

    public Capture {
        lines = List.copyOf(lines);
    }

    /**
     * An entry and where it stands.
     *
     * @param number of the line, counted from 1
     */
    public record Line(long number, CaptureEntry entry) {}

    /** Reads all of it; for one that may be too large for memory there is {@link CaptureReader}. */
    public static Capture read(Reader source) throws IOException, CaptureFormatException {
        try (CaptureReader reader = new CaptureReader(source)) {
            List<Line> lines = new ArrayList<>();
            for (Optional<CaptureEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
                lines.add(new Line(reader.line(), next.get()));
            }
            return new Capture(reader.header(), lines);
        }
    }

    public List<CaptureEntry> entries() {
        return lines.stream().map(Line::entry).toList();
    }

    /** The exchanges, in the order of the file. */
    public List<CaptureEntry.Exchange> exchanges() {
        return lines.stream()
                .map(Line::entry)
                .filter(CaptureEntry.Exchange.class::isInstance)
                .map(CaptureEntry.Exchange.class::cast)
                .toList();
    }

    /** Whose words it is in: what its header says, or else its answers. */
    public Optional<DeviceKind> kind() {
        return header.kind()
                .or(() -> exchanges().stream()
                        .flatMap(exchange -> exchange.written().flatMap(DeviceKind::ofAnswer).stream())
                        .findFirst());
    }
}
