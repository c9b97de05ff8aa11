package dev.crossdev.cli.run;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.media.Clip;
import dev.crossdev.media.MediaException;
import dev.crossdev.media.ReferenceDecode;
import java.nio.file.Path;

/**
 * A clip and what it decodes to without any device.
 *
 * @param name the file's name
 * @param clip its access units
 * @param reference digest and number of its frames
 */
public record ClipFile(String name, Clip clip, ReferenceDecode.Result reference) {

    /** @throws CommandFailure with the reason, for the person who named the file */
    public static ClipFile open(Path file) {
        Clip clip = read(file);
        try {
            return new ClipFile(String.valueOf(file.getFileName()), clip, ReferenceDecode.digest(clip));
        } catch (MediaException e) {
            throw unusable(e);
        }
    }

    /**
     * The clip alone, for those who do not compare what it decodes to.
     *
     * @throws CommandFailure as {@link #open}
     */
    public static Clip read(Path file) {
        try {
            return Clip.open(file);
        } catch (MediaException e) {
            throw unusable(e);
        }
    }

    private static CommandFailure unusable(MediaException e) {
        return new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
}
