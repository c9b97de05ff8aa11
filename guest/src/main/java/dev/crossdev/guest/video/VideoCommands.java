package dev.crossdev.guest.video;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.driver.CommandRefusedException;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import java.util.concurrent.CompletableFuture;

/** Sends commands to a video device; an error code, or an answer of the wrong kind, is a failure. */
final class VideoCommands {

    private final DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream;
    private final Answers answers;

    VideoCommands(DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream, Answers answers) {
        this.stream = stream;
        this.answers = answers;
    }

    /** Sends a command; the future ends on the stream's thread, and its failure names the service. */
    <R extends VideoResponse> CompletableFuture<R> submit(VideoCommand command, Class<R> expected) {
        return submit(command, TraceContext.NONE, expected);
    }

    /** As {@link #submit(VideoCommand, Class)}, for a command that belongs to a trace. */
    <R extends VideoResponse> CompletableFuture<R> submit(VideoCommand command, TraceContext trace, Class<R> expected) {
        return answers.named(
                stream.submit(command, trace).thenApply(completion -> response(command, completion, expected)));
    }

    /** Sends a command and waits for its answer. */
    <R extends VideoResponse> R call(VideoCommand command, Class<R> expected) {
        return answers.await(submit(command, expected), command.type().name());
    }

    private <R extends VideoResponse> R response(
            VideoCommand command, Completion<VideoResponse> completion, Class<R> expected) {
        VideoResponse response = completion.response();
        if (expected.isInstance(response)) {
            return expected.cast(response);
        }
        VideoResult result = response.result();
        if (result.isError()) {
            throw new CommandRefusedException(
                    errno(result), answers.service(), command.type().name(), result.wireName());
        }
        throw new ErrnoException(
                Errno.EPROTO, answers.service() + " answered " + command.type() + " with " + result.wireName());
    }

    private static Errno errno(VideoResult result) {
        return switch (result) {
            case ERR_OUT_OF_MEMORY -> Errno.ENOMEM;
            case ERR_INVALID_PARAMETER, ERR_INVALID_RESOURCE_ID, ERR_INVALID_STREAM_ID -> Errno.EINVAL;
            default -> Errno.EIO;
        };
    }
}
