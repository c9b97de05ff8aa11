package dev.crossdev.virtio.gpu;

/** A command as the driver queues it. */
public record GpuRequest(GpuHeader header, GpuCommand command) {

    /** Without a fence. */
    public static GpuRequest of(GpuCommand command) {
        return new GpuRequest(GpuHeader.NONE, command);
    }

    public static GpuRequest fenced(long fenceId, GpuCommand command) {
        return new GpuRequest(GpuHeader.fence(fenceId), command);
    }

    /** The reply that carries this answer, with the fence copied back when there is one. */
    public GpuReply reply(GpuResponse response) {
        return new GpuReply(header.ofAnswer(), response);
    }
}
