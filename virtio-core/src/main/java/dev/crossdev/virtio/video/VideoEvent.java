package dev.crossdev.virtio.video;

/** What a device says unasked about a stream, on its event queue (8 bytes). */
public record VideoEvent(VideoEventType type, int streamId) {}
