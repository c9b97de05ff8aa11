package dev.crossdev.gpu.door;

import dev.crossdev.service.virtqueue.QueueForm;
import dev.crossdev.virtio.gpu.GpuQueue;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuWire;
import java.lang.foreign.MemorySegment;

/** A guest's virtqueues 0 (control) and 1 (cursor). */
public final class GpuQueueForm implements QueueForm<GpuRequest, GpuReply> {

    @Override
    public int queues() {
        return GpuQueue.values().length;
    }

    @Override
    public GpuRequest decode(int queue, MemorySegment readable) {
        return GpuWire.requestOf(readable, GpuQueue.of(queue).orElseThrow());
    }

    @Override
    public byte[] encode(GpuReply answer, long writable) {
        return GpuWire.encodeReply(answer, writable);
    }
}
