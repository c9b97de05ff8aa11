package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;

/**
 * One buffer of a virtqueue, as a driver makes it available.
 *
 * @param queue the virtqueue's index
 * @param readable what the device reads
 * @param writableSize bytes that the device may write, unsigned
 */
public record RawChain(int queue, ByteString readable, int writableSize) {}
