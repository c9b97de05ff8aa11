package dev.crossdev.cli.wire;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.virtio.capture.Capture;
import dev.crossdev.virtio.capture.CaptureFormatException;
import dev.crossdev.virtio.capture.DeviceKind;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Captures by the name that a person typed; {@code -} is the standard stream. */
public final class CaptureFile {

    private static final String STANDARD = "-";

    private CaptureFile() {}

    /** @throws CommandFailure naming the file, and the line when it is one of the file's */
    public static Capture read(String name) {
        try (Reader reader = reader(name)) {
            return Capture.read(reader);
        } catch (CaptureFormatException e) {
            throw malformed(name, e);
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    /** Whose words a capture is in. */
    public static DeviceKind kind(String name, Capture capture) {
        return capture.kind()
                .orElseThrow(
                        () -> new CommandFailure(
                                ExitCode.USAGE,
                                name
                                        + ": neither its header nor an answer says whether this is gpu or video: add a line '#: type gpu'"));
    }

    /** Bytes that are no text become something that is no line of a capture. */
    static Reader reader(String name) throws IOException {
        return new InputStreamReader(
                name.equals(STANDARD) ? System.in : Files.newInputStream(Path.of(name)), StandardCharsets.UTF_8);
    }

    /** A new file, or the standard output, which stays open. */
    public static Writer writer(String name) {
        try {
            return name.equals(STANDARD)
                    ? new OutputStreamWriter(System.out, StandardCharsets.UTF_8)
                    : Files.newBufferedWriter(Path.of(name));
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "cannot write " + name + ": " + reason(e), e);
        }
    }

    static CommandFailure malformed(String name, CaptureFormatException e) {
        return new CommandFailure(ExitCode.USAGE, name + ": " + e.getMessage(), e);
    }

    static CommandFailure unreadable(String name, IOException e) {
        return new CommandFailure(ExitCode.USAGE, "cannot read " + name + ": " + reason(e), e);
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException ? "there is no such file" : String.valueOf(e.getMessage());
    }
}
