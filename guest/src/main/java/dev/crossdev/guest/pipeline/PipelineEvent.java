package dev.crossdev.guest.pipeline;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import java.util.UUID;

/** What the devices' answers mean to the pipeline; noted on the streams' threads, acted upon on the pipeline's own. */
sealed interface PipelineEvent {

    /** An input buffer was consumed. */
    record InputConsumed(int input, OkResourceQueue answer) implements PipelineEvent {}

    /** An output buffer came back. */
    record OutputReturned(int output, OkResourceQueue answer) implements PipelineEvent {}

    /** A buffer's flush was answered: it is on the scanout. */
    record Shown(int output) implements PipelineEvent {}

    /** The video device holds an object that it refused before. */
    record Imported(int output) implements PipelineEvent {}

    /** The video device refused an object. */
    record ImportRefused(int output, UUID uuid, ErrnoException why) implements PipelineEvent {}

    /** The drain is over. */
    record Drained() implements PipelineEvent {}

    /** The video device said something of the stream. */
    record StreamEvent(VideoEventType type) implements PipelineEvent {}

    /** The run cannot go on. */
    record Failed(ErrnoException why) implements PipelineEvent {}
}
