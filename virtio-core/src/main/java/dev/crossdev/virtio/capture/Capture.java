package dev.crossdev.virtio.capture;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A whole capture. */
public record Capture(CaptureHeader header, List<CaptureEntry> entries) {

    public Capture {
        entries = List.copyOf(entries);
    }

    /** Reads all of it; for one that may be too large for memory there is {@link CaptureReader}. */
    public static Capture read(Reader source) throws IOException, CaptureFormatException {
        try (CaptureReader reader = new CaptureReader(source)) {
            List<CaptureEntry> entries = new ArrayList<>();
            for (Optional<CaptureEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
                entries.add(next.get());
            }
            return new Capture(reader.header(), entries);
        }
    }

    /** Whose words it is in: what its header says, or else its answers. */
    public Optional<DeviceKind> kind() {
        return header.kind()
                .or(() -> entries.stream()
                        .flatMap(entry -> entry instanceof CaptureEntry.Exchange exchange
                                ? exchange.written().flatMap(DeviceKind::ofAnswer).stream()
                                : java.util.stream.Stream.empty())
                        .findFirst());
    }
}
