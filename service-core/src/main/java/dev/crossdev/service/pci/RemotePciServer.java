package dev.crossdev.service.pci;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.virtqueue.MachineSocket;
import dev.crossdev.service.virtqueue.VirtqueueDoor;
import dev.crossdev.virtio.Features;
import java.nio.file.Path;

/**
 * A socket that QEMU's {@code x-pci-proxy-dev} is connected to, and the place of one device: it is in the house as long as
 * a QEMU is connected. As long as one is, another is turned away.
 */
public final class RemotePciServer implements AutoCloseable {

    private final MachineSocket socket;

    /**
     * Which device a connection gets.
     *
     * @param door to its house
     * @param key what it is called there
     * @param offered the device's features that the driver may choose from
     * @param identity what its function says of itself
     * @param mostMemory bytes that one piece of a machine's RAM may have
     */
    public record Place(
            VirtqueueDoor<?, ?, ?> door, DeviceKey key, Features offered, PciIdentity identity, long mostMemory) {}

    private RemotePciServer(MachineSocket socket) {
        this.socket = socket;
    }

    /**
     * Listens at a path whose folder exists.
     *
     * @throws ErrnoException as {@link dev.crossdev.dmabuf.memory.DescriptorListener#listen}
     */
    public static RemotePciServer listen(Path path, Place place) {
        return new RemotePciServer(
                MachineSocket.listen(path, "remote-pci-" + place.key().device(), stream -> converse(stream, place)));
    }

    private static void converse(DescriptorStream stream, Place place) {
        try (RemotePciConnection connection = new RemotePciConnection(
                stream, place.door(), place.key(), place.offered(), place.identity(), place.mostMemory())) {
            connection.serve();
        }
    }

    public Path path() {
        return socket.path();
    }

    /** Listens no more, hangs up, and waits for the device to be gone. */
    @Override
    public void close() {
        socket.close();
    }
}
