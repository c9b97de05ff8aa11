package dev.crossdev.gpu.door;

import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.virtio.capture.WireForm;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuQueue;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuWire;

/** Virtqueues 0 (control) and 1 (cursor). What a gpu device reads of guest memory changes none of its answers. */
final class GpuWireForm implements WireForm<GpuRequest, GpuReply, NoEvent> {

    @Override
    public int queueOf(GpuRequest request) {
        GpuQueue queue = request.command() instanceof GpuCommand.UpdateCursor
                        || request.command() instanceof GpuCommand.MoveCursor
                ? GpuQueue.CURSOR
                : GpuQueue.CONTROL;
        return queue.index();
    }

    @Override
    public byte[] encodeCommand(GpuRequest request) {
        return GpuWire.encodeRequest(request);
    }

    @Override
    public byte[] encodeAnswer(GpuReply reply, long writable) {
        return GpuWire.encodeReply(reply, writable);
    }

    @Override
    public int eventQueue() {
        throw new IllegalStateException("a gpu device has no event queue");
    }

    @Override
    public byte[] encodeEvent(NoEvent event) {
        throw new IllegalStateException("a gpu device has no events");
    }

    @Override
    public InputFollower<GpuRequest> inputs() {
        return InputFollower.none();
    }
}
