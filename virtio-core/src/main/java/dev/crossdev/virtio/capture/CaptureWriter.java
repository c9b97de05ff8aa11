package dev.crossdev.virtio.capture;

import dev.crossdev.virtio.FeatureBit;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.video.VideoFeature;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Writes a capture; each entry is whole in the file before the next, so that a file that is cut off is still one. */
public final class CaptureWriter implements Closeable {

    private final Writer out;

    public CaptureWriter(Writer out) {
        this.out = out;
    }

    public void header(CaptureHeader header) throws IOException {
        line(CaptureFormat.TITLE);
        for (String remark : header.remarks()) {
            line("# " + oneLine(remark));
        }
        List<String> lines = new ArrayList<>();
        header.kind().ifPresent(kind -> lines.add(CaptureFormat.TYPE + " " + kind.typeName()));
        header.guest().ifPresent(guest -> lines.add(CaptureFormat.GUEST + " " + oneLine(guest)));
        header.device().ifPresent(device -> lines.add(CaptureFormat.DEVICE + " " + oneLine(device)));
        header.offered().ifPresent(offered -> lines.add(CaptureFormat.OFFERED + " " + features(offered, header)));
        header.accepted().ifPresent(accepted -> lines.add(CaptureFormat.ACCEPTED + " " + features(accepted, header)));
        header.config().ifPresent(config -> lines.add(CaptureFormat.CONFIG + " " + hex(config)));
        header.epoch().ifPresent(epoch -> lines.add(CaptureFormat.EPOCH + " " + Long.toUnsignedString(epoch)));
        header.memory().ifPresent(memory -> lines.add(CaptureFormat.MEMORY + " " + regions(memory)));
        header.clock().ifPresent(clock -> lines.add(CaptureFormat.CLOCK + " " + oneLine(clock)));
        for (String each : lines) {
            line(CaptureFormat.DIRECTIVE + " " + each);
        }
        line(CaptureFormat.COLUMNS);
        out.flush();
    }

    public void write(CaptureEntry entry) throws IOException {
        switch (entry) {
            case CaptureEntry.Exchange exchange -> line(exchange(exchange));
            case CaptureEntry.MemoryWrite(long address, Bytes data, OptionalLong nanos) ->
                directive(CaptureFormat.WRITE, "0x" + Long.toHexString(address) + " " + hex(data), nanos);
            case CaptureEntry.Reset(long epoch, OptionalLong nanos) ->
                directive(CaptureFormat.RESET, Long.toUnsignedString(epoch), nanos);
            case CaptureEntry.ConfigChanged(Bytes config, OptionalLong nanos) ->
                directive(CaptureFormat.CONFIG_CHANGED, hex(config), nanos);
            case CaptureEntry.Dropped(long exchanges) ->
                directive(CaptureFormat.DROPPED, Long.toUnsignedString(exchanges), OptionalLong.empty());
            case CaptureEntry.Unplugged(String reason, OptionalLong nanos) ->
                directive(
                        CaptureFormat.UNPLUGGED,
                        oneLine(reason).replace("#", "").strip(),
                        nanos);
        }
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    private static String exchange(CaptureEntry.Exchange exchange) {
        StringBuilder line = new StringBuilder(Integer.toUnsignedString(exchange.queue()))
                .append(' ')
                .append(hex(exchange.request()))
                .append(' ')
                .append(hex(exchange.written().orElse(Bytes.NONE)));
        List<String> notes = new ArrayList<>();
        if (exchange.written().isEmpty()) {
            notes.add(CaptureFormat.UNANSWERED);
        }
        exchange.detail().ifPresent(detail -> {
            detail.sequence().ifPresent(n -> notes.add(CaptureFormat.SEQUENCE + "=" + Long.toUnsignedString(n)));
            detail.writable().ifPresent(n -> notes.add(CaptureFormat.WRITABLE + "=" + n));
            detail.submittedNanos().ifPresent(n -> notes.add(CaptureFormat.AT + "=" + CaptureFormat.seconds(n)));
            detail.answeredNanos().ifPresent(n -> notes.add(CaptureFormat.USED + "=" + CaptureFormat.seconds(n)));
        });
        return notes.isEmpty() ? line.toString() : line + " # " + String.join(" ", notes);
    }

    private void directive(String name, String what, OptionalLong nanos) throws IOException {
        String text = CaptureFormat.DIRECTIVE + " " + name + " " + what;
        line(nanos.isEmpty() ? text : text + " # " + CaptureFormat.AT + "=" + CaptureFormat.seconds(nanos.getAsLong()));
    }

    private static String features(Features features, CaptureHeader header) {
        List<? extends FeatureBit> names = header.kind()
                .<List<? extends FeatureBit>>map(kind -> switch (kind) {
                    case GPU -> List.of(GpuFeature.values());
                    case VIDEO -> List.of(VideoFeature.values());
                })
                .orElse(List.of());
        return "0x" + Long.toHexString(features.bits()) + " " + features.describe(names);
    }

    private static String regions(List<MemoryRegion> memory) {
        return memory.isEmpty()
                ? CaptureFormat.NO_BYTES
                : memory.stream().map(MemoryRegion::toString).collect(Collectors.joining(" "));
    }

    private static String hex(Bytes bytes) {
        return bytes.isEmpty() ? CaptureFormat.NO_BYTES : bytes.toString();
    }

    /** What comes from elsewhere must not begin a line of its own. */
    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ");
    }

    private void line(String text) throws IOException {
        out.write(text);
        out.write('\n');
    }
}
