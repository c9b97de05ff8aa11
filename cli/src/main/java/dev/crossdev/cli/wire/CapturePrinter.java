package dev.crossdev.cli.wire;

import dev.crossdev.virtio.capture.Capture;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.decode.MessageDecoder;
import java.io.PrintWriter;

/** Prints a file that holds a capture. */
public final class CapturePrinter {

    private CapturePrinter() {}

    /** @throws dev.crossdev.cli.outcome.CommandFailure for a file that cannot be read or is no capture */
    public static void print(String file, boolean json, PrintWriter out) {
        Capture capture = CaptureFile.read(file);
        DeviceKind kind = CaptureFile.kind(file, capture);
        if (json) {
            CaptureJson lines = new CaptureJson(MessageDecoder.of(kind));
            out.println(lines.header(capture.header()));
            capture.lines().forEach(line -> out.println(lines.line(line.number(), line.entry())));
        } else {
            CaptureText lines = new CaptureText(kind);
            lines.header(capture.header()).forEach(out::println);
            capture.lines().forEach(line -> out.println(lines.line(line.entry())));
        }
        out.flush();
    }
}
