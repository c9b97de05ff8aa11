package dev.crossdev.gpu.door;

import dev.crossdev.gpu.objects.ObjectsForBackends;
import dev.crossdev.service.vhostuser.VhostUserDevice;
import dev.crossdev.service.vhostuser.VhostUserServer;
import dev.crossdev.service.virtqueue.TurnaroundListener;
import dev.crossdev.virtio.Features;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A house of gpu devices and a vhost-user socket, without a server around them. */
public final class VhostUserHost implements AutoCloseable {

    final GpuHouse gpu;
    final VhostUserServer server;

    VhostUserHost(Path socket) {
        this(socket, (_, _) -> {});
    }

    /** @param withheld features that are not offered */
    VhostUserHost(Path socket, Features withheld) {
        this(socket, withheld, (_, _) -> {});
    }

    public VhostUserHost(Path socket, TurnaroundListener turnarounds) {
        this(socket, Features.NONE, turnarounds);
    }

    private VhostUserHost(Path socket, Features withheld, TurnaroundListener turnarounds) {
        gpu = new GpuHouse(turnarounds);
        server = VhostUserServer.listen(
                socket,
                new VhostUserDevice(
                        gpu.door,
                        GpuHouse.KEY,
                        gpu.door.deviceFeatures().minus(withheld),
                        new ObjectsForBackends(gpu.objects),
                        1L << 30));
    }

    /** Descriptors that this process has open. */
    static long openDescriptors() {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.close();
        gpu.close();
    }
}
