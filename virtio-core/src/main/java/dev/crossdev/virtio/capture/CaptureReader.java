package dev.crossdev.virtio.capture;

import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a capture line by line. Comments are for people, and a directive that it does not know is a comment; everything else
 * is as the format says or fails with the number of its line.
 */
public final class CaptureReader implements Closeable {

    /** Characters: two messages of the largest size that a service takes, in hexadecimal. */
    private static final int MAX_LINE = 20 << 20;

    /** Comments beyond these are read and forgotten. */
    private static final int MAX_REMARKS = 100;

    /** In a comment of captures that are older than the directives. */
    private static final Pattern FEATURES_IN_WORDS = Pattern.compile("features 0x([0-9a-fA-F]{1,16})\\b");

    private final BufferedReader source;
    private final HeaderDraft header = new HeaderDraft();
    private final Queue<CaptureEntry> readAhead = new ArrayDeque<>();
    private final Queue<Long> linesAhead = new ArrayDeque<>();
    private boolean headerRead;
    private long line;
    private long entryLine;

    public CaptureReader(Reader source) {
        this.source = new BufferedReader(source);
    }

    /** What the file says before its first entry. */
    public CaptureHeader header() throws IOException, CaptureFormatException {
        if (!headerRead) {
            headerRead = true;
            CaptureEntry first = read();
            if (first != null) {
                readAhead.add(first);
                linesAhead.add(line);
            }
        }
        return header.toHeader();
    }

    /** The next entry; empty at the end. */
    public Optional<CaptureEntry> next() throws IOException, CaptureFormatException {
        header();
        CaptureEntry ahead = readAhead.poll();
        if (ahead != null) {
            entryLine = linesAhead.remove();
            return Optional.of(ahead);
        }
        CaptureEntry entry = read();
        entryLine = line;
        return Optional.ofNullable(entry);
    }

    /** Where the entry that was read last stands, counted from 1. */
    public long line() {
        return entryLine;
    }

    @Override
    public void close() throws IOException {
        source.close();
    }

    private @Nullable CaptureEntry read() throws IOException, CaptureFormatException {
        for (String text = readLine(); text != null; text = readLine()) {
            CaptureEntry entry = entry(text.strip());
            if (entry != null) {
                return entry;
            }
        }
        return null;
    }

    private @Nullable CaptureEntry entry(String text) throws CaptureFormatException {
        if (text.isEmpty()) {
            return null;
        }
        try {
            if (text.startsWith(CaptureFormat.DIRECTIVE)) {
                return directive(
                        text.substring(CaptureFormat.DIRECTIVE.length()).strip());
            }
            if (text.startsWith("#")) {
                remark(text.substring(1).strip());
                return null;
            }
            return exchange(text);
        } catch (IllegalArgumentException e) {
            throw new CaptureFormatException(line, String.valueOf(e.getMessage()));
        }
    }

    private void remark(String text) {
        // The title and the columns are no remarks: the writer writes them again.
        String marked = "# " + text;
        if (!marked.equals(CaptureFormat.TITLE) && !marked.startsWith(CaptureFormat.COLUMNS_BEGIN)) {
            header.remark(text);
        }
    }

    private @Nullable CaptureEntry directive(String text) {
        int mark = text.lastIndexOf('#');
        OptionalLong nanos = mark < 0 ? OptionalLong.empty() : note(text.substring(mark + 1), CaptureFormat.AT);
        String all = (mark < 0 ? text : text.substring(0, mark)).strip();
        int space = all.indexOf(' ');
        String name = space < 0 ? all : all.substring(0, space);
        String rest = space < 0 ? "" : all.substring(space).strip();
        return switch (name) {
            case CaptureFormat.WRITE -> {
                String[] parts = words(rest, 2, "write <address> <bytes>");
                yield new CaptureEntry.MemoryWrite(address(parts[0]), bytes(parts[1]), nanos);
            }
            case CaptureFormat.RESET -> new CaptureEntry.Reset(Long.parseUnsignedLong(rest), nanos);
            case CaptureFormat.CONFIG_CHANGED -> new CaptureEntry.ConfigChanged(bytes(rest), nanos);
            case CaptureFormat.DROPPED -> new CaptureEntry.Dropped(Long.parseUnsignedLong(rest));
            case CaptureFormat.UNPLUGGED -> new CaptureEntry.Unplugged(rest, nanos);
            default -> {
                header.directive(name, rest);
                yield null;
            }
        };
    }

    private static CaptureEntry exchange(String text) {
        int mark = text.indexOf('#');
        String notes = mark < 0 ? "" : text.substring(mark + 1).strip();
        String[] columns = words(
                mark < 0 ? text : text.substring(0, mark).strip(),
                3,
                "<virtqueue index> <request bytes hex> <response bytes hex>");
        int queue;
        try {
            queue = Integer.parseUnsignedInt(columns[0]);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + shortened(columns[0]) + "' is no virtqueue's index", e);
        }
        boolean unanswered = List.of(notes.split("\\s+")).contains(CaptureFormat.UNANSWERED);
        Bytes written = bytes(columns[2]);
        if (unanswered && !written.isEmpty()) {
            throw new IllegalArgumentException("unanswered, and yet an answer");
        }
        CaptureEntry.Detail detail = new CaptureEntry.Detail(
                note(notes, CaptureFormat.SEQUENCE),
                note(notes, CaptureFormat.WRITABLE),
                note(notes, CaptureFormat.AT),
                note(notes, CaptureFormat.USED));
        boolean hasDetail = detail.sequence().isPresent()
                || detail.writable().isPresent()
                || detail.submittedNanos().isPresent()
                || detail.answeredNanos().isPresent();
        return new CaptureEntry.Exchange(
                queue,
                bytes(columns[1]),
                unanswered ? Optional.empty() : Optional.of(written),
                hasDetail ? Optional.of(detail) : Optional.empty());
    }

    private static OptionalLong note(String notes, String name) {
        for (String word : notes.strip().split("\\s+")) {
            if (word.startsWith(name) && word.length() > name.length() && word.charAt(name.length()) == '=') {
                String value = word.substring(name.length() + 1);
                try {
                    return OptionalLong.of(
                            switch (name) {
                                case CaptureFormat.AT, CaptureFormat.USED -> CaptureFormat.nanos(value);
                                case CaptureFormat.WRITABLE -> Integer.toUnsignedLong(Integer.parseUnsignedInt(value));
                                default -> Long.parseUnsignedLong(value);
                            });
                } catch (NumberFormatException e) {
                    throw new IllegalArgumentException("'" + shortened(value) + "' is no value of " + name, e);
                }
            }
        }
        return OptionalLong.empty();
    }

    private static String[] words(String text, int count, String expected) {
        String[] words = text.split("\\s+");
        if (words.length != count) {
            throw new IllegalArgumentException(
                    "expected " + expected + ", found " + words.length + " column" + (words.length == 1 ? "" : "s"));
        }
        return words;
    }

    static Bytes bytes(String hex) {
        if (hex.equals(CaptureFormat.NO_BYTES)) {
            return Bytes.NONE;
        }
        if (hex.isEmpty() || hex.length() % 2 != 0) {
            throw new IllegalArgumentException(
                    "bytes are pairs of hexadecimal digits, or '-' for none; found " + hex.length() + " characters");
        }
        try {
            return Bytes.ofHex(hex);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + shortened(hex) + "' is not hexadecimal", e);
        }
    }

    static long address(String text) {
        try {
            if (text.startsWith("0x")) {
                return Long.parseUnsignedLong(text, 2, text.length(), 16);
            }
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("'" + shortened(text) + "' is no address", e);
        }
        throw new IllegalArgumentException("'" + shortened(text) + "' is no address: it begins with 0x");
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }

    private @Nullable String readLine() throws IOException, CaptureFormatException {
        StringBuilder text = new StringBuilder();
        int next = source.read();
        if (next < 0) {
            return null;
        }
        line++;
        while (next >= 0 && next != '\n') {
            if (text.length() == MAX_LINE) {
                throw new CaptureFormatException(line, "longer than " + MAX_LINE + " characters");
            }
            text.append((char) next);
            next = source.read();
        }
        return text.toString();
    }

    /** The header as far as it has been read. */
    private static final class HeaderDraft {
        private final List<String> remarks = new ArrayList<>();
        private Optional<DeviceKind> kind = Optional.empty();
        private Optional<String> guest = Optional.empty();
        private Optional<String> device = Optional.empty();
        private Optional<Features> offered = Optional.empty();
        private Optional<Features> accepted = Optional.empty();
        private Optional<Bytes> config = Optional.empty();
        private OptionalLong epoch = OptionalLong.empty();
        private Optional<List<MemoryRegion>> memory = Optional.empty();
        private Optional<String> clock = Optional.empty();

        void remark(String text) {
            if (remarks.size() < MAX_REMARKS) {
                remarks.add(text);
            }
            Matcher features = FEATURES_IN_WORDS.matcher(text);
            if (offered.isEmpty() && features.find()) {
                offered = Optional.of(new Features(Long.parseUnsignedLong(features.group(1), 16)));
            }
        }

        void directive(String name, String value) {
            switch (name) {
                case CaptureFormat.TYPE ->
                    kind = Optional.of(DeviceKind.of(value)
                            .orElseThrow(() -> new IllegalArgumentException(
                                    "'" + shortened(value) + "' is no type of device: gpu or video")));
                case CaptureFormat.GUEST -> guest = Optional.of(value);
                case CaptureFormat.DEVICE -> device = Optional.of(value);
                case CaptureFormat.OFFERED -> offered = Optional.of(features(value));
                case CaptureFormat.ACCEPTED -> accepted = Optional.of(features(value));
                case CaptureFormat.CONFIG -> config = Optional.of(bytes(value));
                case CaptureFormat.EPOCH -> epoch = OptionalLong.of(Long.parseUnsignedLong(value));
                case CaptureFormat.MEMORY -> memory = Optional.of(regions(value));
                case CaptureFormat.CLOCK -> clock = Optional.of(value);
                default -> {}
            }
        }

        private static Features features(String value) {
            return new Features(address(value.split("\\s+")[0]));
        }

        private static List<MemoryRegion> regions(String value) {
            if (value.equals(CaptureFormat.NO_BYTES)) {
                return List.of();
            }
            List<MemoryRegion> regions = new ArrayList<>();
            for (String word : value.split("\\s+")) {
                int plus = word.indexOf('+');
                if (plus < 0) {
                    throw new IllegalArgumentException("'" + shortened(word) + "' is no region <address>+<bytes>");
                }
                regions.add(new MemoryRegion(
                        address(word.substring(0, plus)), Long.parseUnsignedLong(word.substring(plus + 1))));
            }
            return regions;
        }

        CaptureHeader toHeader() {
            return new CaptureHeader(kind, guest, device, offered, accepted, config, epoch, memory, clock, remarks);
        }
    }
}
