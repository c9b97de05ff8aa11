package dev.crossdev.cli.wire;

import dev.crossdev.virtio.FeatureBit;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CaptureEntry;
import dev.crossdev.virtio.capture.CaptureEntry.Detail;
import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import dev.crossdev.virtio.capture.CaptureHeader;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.decode.MessageDecoder;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.video.VideoFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A capture's lines for people, one each, the way strace shows system calls. */
public final class CaptureText {

    private final DeviceKind kind;
    private final MessageDecoder decoder;
    private OptionalLong start = OptionalLong.empty();

    public CaptureText(DeviceKind kind) {
        this.kind = kind;
        this.decoder = MessageDecoder.of(kind);
    }

    public List<String> header(CaptureHeader header) {
        List<String> lines = new ArrayList<>();
        lines.add("# " + kind.typeName()
                + header.device()
                        .map(device ->
                                " " + header.guest().map(guest -> guest + "/").orElse("") + device)
                        .orElse(""));
        header.remarks().forEach(remark -> lines.add("# " + remark));
        header.offered().ifPresent(offered -> lines.add("# offered   " + features(offered)));
        header.accepted().ifPresent(accepted -> lines.add("# accepted  " + features(accepted)));
        header.config().ifPresent(config -> lines.add("# config    " + config));
        return lines;
    }

    private String features(Features features) {
        List<? extends FeatureBit> names = switch (kind) {
            case GPU -> List.of(GpuFeature.values());
            case VIDEO -> List.of(VideoFeature.values());
        };
        return "0x" + Long.toHexString(features.bits()) + " " + features.describe(names);
    }

    public String line(CaptureEntry entry) {
        return switch (entry) {
            case Exchange exchange -> exchange(exchange);
            case CaptureEntry.MemoryWrite(long address, Bytes data, OptionalLong nanos) ->
                time(nanos) + "memory   0x" + Long.toHexString(address) + " " + data.size() + " bytes";
            case CaptureEntry.Reset(long epoch, OptionalLong nanos) ->
                time(nanos) + "reset    epoch " + Long.toUnsignedString(epoch);
            case CaptureEntry.ConfigChanged(Bytes config, OptionalLong nanos) -> time(nanos) + "config   " + config;
            case CaptureEntry.Dropped(long exchanges) ->
                "dropped  " + Long.toUnsignedString(exchanges) + " exchanges are missing here";
            case CaptureEntry.Unplugged(String reason, OptionalLong nanos) -> time(nanos) + "unplugged: " + reason;
        };
    }

    private String exchange(Exchange exchange) {
        Optional<Detail> detail = exchange.detail();
        OptionalLong submitted = detail.map(Detail::submittedNanos).orElse(OptionalLong.empty());
        OptionalLong answered = detail.map(Detail::answeredNanos).orElse(OptionalLong.empty());
        return time(submitted.isPresent() ? submitted : answered)
                + "%-8s ".formatted(decoder.queueName(exchange.queue()))
                + (exchange.isEvent() ? "event " + answer(exchange) : request(exchange) + " = " + answer(exchange))
                + (submitted.isPresent() && answered.isPresent()
                        ? " <%.6f>".formatted((answered.getAsLong() - submitted.getAsLong()) / 1e9)
                        : "");
    }

    /** A command by name and field. */
    public String request(Exchange exchange) {
        return decoder.request(exchange.queue(), exchange.request()).toString();
    }

    private String answer(Exchange exchange) {
        return exchange.written()
                .map(written -> written.isEmpty()
                        ? "0 bytes"
                        : decoder.answer(exchange.queue(), exchange.request(), written)
                                .toString())
                .orElse("?");
    }

    /** Seconds since the first time of the file. */
    private String time(OptionalLong nanos) {
        if (nanos.isEmpty()) {
            return "";
        }
        if (start.isEmpty()) {
            start = nanos;
        }
        return "%+.6f ".formatted((nanos.getAsLong() - start.getAsLong()) / 1e9);
    }
}
