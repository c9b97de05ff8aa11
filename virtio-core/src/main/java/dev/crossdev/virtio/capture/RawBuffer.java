package dev.crossdev.virtio.capture;

/**
 * A virtqueue's buffer as a driver made it available.
 *
 * @param queue the virtqueue's index, unsigned
 * @param readable what the device read
 * @param writable bytes that it may write, not negative
 */
public record RawBuffer(int queue, Bytes readable, long writable) {}
