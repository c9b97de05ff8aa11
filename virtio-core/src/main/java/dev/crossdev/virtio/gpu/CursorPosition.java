package dev.crossdev.virtio.gpu;

/** Where the pointer is: a scanout and a pixel on it. */
public record CursorPosition(int scanoutId, int x, int y) {}
