package dev.crossdev.virtio.decode;

import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.DeviceKind;

/** Says the bytes of one device type's virtqueues by field and name. Nothing that a driver or a device writes is an error. */
public sealed interface MessageDecoder permits GpuMessages, VideoMessages {

    static MessageDecoder of(DeviceKind kind) {
        return switch (kind) {
            case GPU -> new GpuMessages();
            case VIDEO -> new VideoMessages();
        };
    }

    /** The virtqueue's name, such as {@code control}; its number when there is none with it. */
    String queueName(int queue);

    /** What a driver wrote. */
    DecodedMessage request(int queue, Bytes request);

    /**
     * What a device wrote.
     *
     * @param request what it answered; none for an event
     * @param written not empty
     */
    DecodedMessage answer(int queue, Bytes request, Bytes written);
}
