package dev.crossdev.virtio.video;

import dev.crossdev.virtio.timing.FaultyResponses;

/** What injected faults look like on a video device. */
public final class VideoFaults implements FaultyResponses<VideoCommand, VideoResponse> {

    @Override
    public String nameOf(VideoCommand command) {
        return command.type().name();
    }

    /** A code that the dialect does not know becomes ERR_INVALID_OPERATION. */
    @Override
    public VideoResponse error(VideoCommand command, int code) {
        return new VideoResponse.Err(
                VideoResult.of(code).filter(VideoResult::isError).orElse(VideoResult.ERR_INVALID_OPERATION));
    }

    @Override
    public VideoResponse failed(VideoCommand command) {
        return new VideoResponse.Err(VideoResult.ERR_INVALID_OPERATION);
    }

    /** No answer of a video device carries a UUID. */
    @Override
    public VideoResponse withOtherUuid(VideoResponse response) {
        return response;
    }
}
