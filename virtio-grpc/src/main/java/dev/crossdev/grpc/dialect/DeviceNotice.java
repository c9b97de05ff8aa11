package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;

/** Something that happened to a device and not to a command, whatever the device's type. */
public sealed interface DeviceNotice {

    /**
     * The device was reset: nothing older follows.
     *
     * @param epoch that began
     */
    record Reset(long epoch) implements DeviceNotice {}

    /**
     * The configuration space changed.
     *
     * @param offset of the first byte of {@code data} in it
     */
    record ConfigChanged(int offset, ByteString data) implements DeviceNotice {}

    /**
     * The device goes away and the stream with it.
     *
     * @param reason for people
     */
    record Unplugged(String reason) implements DeviceNotice {}
}
