package dev.crossdev.service.vhostuser;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.service.virtqueue.MachineSocket;
import java.nio.file.Path;

/**
 * A socket that a front end is connected to, and the place of one device: it is in the house as long as a front end is
 * connected. A front end that goes and comes again finds a new device.
 */
public final class VhostUserServer implements AutoCloseable {

    private final MachineSocket socket;

    private VhostUserServer(MachineSocket socket) {
        this.socket = socket;
    }

    /**
     * Listens at a path whose folder exists.
     *
     * @throws ErrnoException as {@link dev.crossdev.dmabuf.memory.DescriptorListener#listen}
     */
    public static VhostUserServer listen(Path path, VhostUserDevice device) {
        return new VhostUserServer(
                MachineSocket.listen(path, "vhost-user-" + device.key().device(), stream -> converse(stream, device)));
    }

    private static void converse(DescriptorStream stream, VhostUserDevice device) {
        try (VhostUserConnection connection = new VhostUserConnection(stream, device)) {
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
