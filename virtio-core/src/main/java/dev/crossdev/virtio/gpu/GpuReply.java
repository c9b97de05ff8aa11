package dev.crossdev.virtio.gpu;

/** An answer as the device returns it; see {@link GpuRequest#reply}. */
public record GpuReply(GpuHeader header, GpuResponse response) {}
