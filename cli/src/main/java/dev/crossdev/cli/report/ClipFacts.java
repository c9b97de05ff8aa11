package dev.crossdev.cli.report;

import dev.crossdev.media.ClipInfo;

/**
 * What was decoded.
 *
 * @param name the file's name, without its folder
 * @param container {@code annexb} or {@code mp4}
 * @param codec always {@code h264}
 * @param width pixels
 * @param height pixels
 * @param frames number of pictures
 * @param framesPerSecond as the clip says
 * @param durationMillis of the whole clip
 */
public record ClipFacts(
        String name,
        String container,
        String codec,
        int width,
        int height,
        int frames,
        double framesPerSecond,
        double durationMillis) {

    /** What the demuxer knows. */
    public static ClipFacts of(String name, ClipInfo info) {
        return new ClipFacts(
                name,
                info.container(),
                info.codec(),
                info.width(),
                info.height(),
                info.frameCount(),
                info.frameRate().framesPerSecond(),
                info.durationMicros() / 1_000.0);
    }
}
