package dev.crossdev.service.door;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.WindowGuestMemory;
import java.util.function.BiConsumer;

/** Guest memory that travels in messages. */
final class GuestWrites {

    /** A message well below what a client accepts. */
    private static final int CHUNK = 1 << 20;

    private GuestWrites() {}

    /**
     * The guest wrote to a window.
     *
     * @throws ErrnoException EFAULT for addresses outside, EINVAL when the memory is no window
     */
    static void apply(GuestMemory memory, long address, ByteString data) {
        if (!(memory instanceof WindowGuestMemory window)) {
            throw new ErrnoException(Errno.EINVAL, "a memory_write needs a window of guest memory");
        }
        window.applyGuestWrite(address, data.toByteArray());
    }

    /** Hands out what the device wrote since the last call, in pieces that fit a message. */
    static void takeDeviceWrites(WindowGuestMemory window, BiConsumer<Long, ByteString> send) {
        for (WindowGuestMemory.Write write : window.takeDeviceWrites()) {
            ByteString bytes = ByteString.copyFrom(write.bytes().asByteBuffer());
            for (int from = 0; from < bytes.size(); from += CHUNK) {
                send.accept(write.address() + from, bytes.substring(from, Math.min(from + CHUNK, bytes.size())));
            }
        }
    }
}
