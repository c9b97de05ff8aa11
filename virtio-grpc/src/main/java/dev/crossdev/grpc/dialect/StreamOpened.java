package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.virtio.Features;

/**
 * The answer to {@link OpenStream}.
 *
 * @param features accepted
 * @param config the whole configuration space, little-endian
 * @param epoch counts the device's resets
 * @param bootId the device's machine
 */
public record StreamOpened(Features features, ByteString config, long epoch, BootId bootId) {}
