package dev.crossdev.video.door;

import dev.crossdev.virtio.capture.WireForm;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoQueue;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoWire;

/** Virtqueues 0 (command) and 1 (event). */
final class VideoWireForm implements WireForm<VideoCommand, VideoResponse, VideoEvent> {

    @Override
    public int queueOf(VideoCommand command) {
        return VideoQueue.COMMAND.index();
    }

    @Override
    public byte[] encodeCommand(VideoCommand command) {
        return VideoWire.encodeCommand(command);
    }

    @Override
    public byte[] encodeAnswer(VideoResponse response, long writable) {
        return VideoWire.encodeResponse(response, writable);
    }

    @Override
    public int eventQueue() {
        return VideoQueue.EVENT.index();
    }

    @Override
    public byte[] encodeEvent(VideoEvent event) {
        return VideoWire.encodeEvent(event);
    }

    @Override
    public InputFollower<VideoCommand> inputs() {
        return new BitstreamFollower();
    }
}
