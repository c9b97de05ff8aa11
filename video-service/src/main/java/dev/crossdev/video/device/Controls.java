package dev.crossdev.video.device;

import dev.crossdev.virtio.video.H264Profile;
import dev.crossdev.virtio.video.VideoCommand.GetControl;
import dev.crossdev.virtio.video.VideoCommand.QueryControl;
import dev.crossdev.virtio.video.VideoCommand.SetControl;
import dev.crossdev.virtio.video.VideoControl;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkQueryControl;
import dev.crossdev.virtio.video.VideoResult;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Controls are an encoder's business: of a decoder one can only ask which profiles and levels it knows. What is not
 * supported is ERR_UNSUPPORTED_CONTROL (virtio-video v3); setting what exists is ERR_INVALID_OPERATION (crosvm decoder).
 */
final class Controls {
    /** VIRTIO_VIDEO_LEVEL_H264_1_0 to _5_1. */
    private static final List<Integer> LEVELS =
            IntStream.rangeClosed(0x100, 0x10e).boxed().toList();

    private static final List<Integer> PROFILES = List.of(H264Profile.BASELINE, H264Profile.MAIN, H264Profile.HIGH);

    private Controls() {}

    static VideoResponse query(QueryControl command) {
        VideoControl control = VideoControl.of(command.control()).orElse(null);
        if (control != VideoControl.PROFILE && control != VideoControl.LEVEL) {
            return new VideoResponse.Err(VideoResult.ERR_UNSUPPORTED_CONTROL);
        }
        if (command.format() != VideoFormat.H264.number()) {
            return new VideoResponse.Err(VideoResult.ERR_INVALID_PARAMETER);
        }
        return new OkQueryControl(control == VideoControl.PROFILE ? PROFILES : LEVELS);
    }

    static VideoResponse get(GetControl ignored) {
        return new VideoResponse.Err(VideoResult.ERR_UNSUPPORTED_CONTROL);
    }

    static VideoResponse set(SetControl command) {
        return new VideoResponse.Err(
                VideoControl.of(command.control()).isPresent()
                        ? VideoResult.ERR_INVALID_OPERATION
                        : VideoResult.ERR_UNSUPPORTED_CONTROL);
    }
}
