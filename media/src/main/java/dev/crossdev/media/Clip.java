package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** A piece of H.264 video: its access units in decode order and what is known of it. It holds no native memory. */
public final class Clip {
    /** Longest file read, in bytes: clips are kept in memory. */
    public static final long MAX_BYTES = 1L << 30;

    private final ClipInfo info;
    private final List<AccessUnit> accessUnits;

    private Clip(ClipInfo info, List<AccessUnit> accessUnits) {
        this.info = info;
        this.accessUnits = List.copyOf(accessUnits);
    }

    /**
     * Reads a file of H.264 in Annex B or in MP4.
     *
     * @throws MediaException with a message that names the file
     */
    public static Clip open(Path file) throws MediaException {
        byte[] bytes;
        try {
            if (Files.isDirectory(file)) {
                throw new MediaException(Reason.UNREADABLE, file + " is a folder, not a clip");
            }
            if (Files.size(file) > MAX_BYTES) {
                throw new MediaException(Reason.UNSUPPORTED, file + " is longer than " + MAX_BYTES + " bytes");
            }
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new MediaException(Reason.UNREADABLE, "there is no file " + file, e);
        } catch (IOException e) {
            throw new MediaException(Reason.UNREADABLE, file + " cannot be read: " + e.getMessage(), e);
        }
        try {
            return read(bytes);
        } catch (MediaException e) {
            throw new MediaException(e.reason(), file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads the bytes of such a file.
     *
     * <p>Annex B carries no presentation times: it is decoded once, the pictures' ranks in display order times the
     * frame duration (of the stream's own timing, else 1/25 s) give them, and damage that the decoder notices is found on the way. MP4 brings
     * its times; they are shifted so that the first picture shown starts at 0, edit lists are not applied.
     */
    public static Clip read(byte[] bytes) throws MediaException {
        Ffmpeg.load();
        try (NativeBytes file = NativeBytes.copyOf(bytes)) {
            return switch (MediaKind.of(file)) {
                case MP4 -> {
                    Mp4Demuxer.Track track = Mp4Demuxer.read(file);
                    yield make("mp4", track.accessUnits(), track.frameRate());
                }
                case ANNEX_B -> {
                    DisplayOrder.Timed timed = DisplayOrder.time(AnnexBSplitter.split(file));
                    yield make("annexb", timed.accessUnits(), timed.frameRate());
                }
            };
        }
    }

    private static Clip make(String container, List<AccessUnit> units, FrameRate frameRate) throws MediaException {
        if (units.isEmpty()) {
            throw new MediaException(Reason.NOT_MEDIA, "the clip holds no picture");
        }
        StreamFormat format = firstFormat(units);
        return new Clip(
                new ClipInfo(
                        container,
                        "h264",
                        format.width(),
                        format.height(),
                        units.size(),
                        frameRate,
                        frameRate.startMicros(units.size()),
                        units.stream().mapToLong(AccessUnit::size).sum()),
                units);
    }

    /** From the stream itself, which decides, rather than from the container. */
    private static StreamFormat firstFormat(List<AccessUnit> units) throws MediaException {
        try (H264Decoder decoder = new H264Decoder()) {
            decoder.send(units.getFirst().data(), 0);
            return decoder.format()
                    .orElseThrow(() -> new MediaException(Reason.CORRUPT, "the first picture does not say its size"));
        }
    }

    /** What is known of the clip. */
    public ClipInfo info() {
        return info;
    }

    /** The access units in decode order. */
    public List<AccessUnit> accessUnits() {
        return accessUnits;
    }

    /** The whole clip as one Annex B byte stream. */
    public byte[] annexB() {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        accessUnits.forEach(unit -> stream.writeBytes(unit.data().toArray(ValueLayout.JAVA_BYTE)));
        return stream.toByteArray();
    }
}
