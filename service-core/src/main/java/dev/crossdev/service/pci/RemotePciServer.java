package dev.crossdev.service.pci;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorListener;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.virtqueue.VirtqueueDoor;
import dev.crossdev.virtio.Features;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A socket that QEMU's {@code x-pci-proxy-dev} is connected to, and the place of one device: it is in the house as long as
 * a QEMU is connected. As long as one is, another is turned away.
 */
public final class RemotePciServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(RemotePciServer.class.getName());

    /** QEMU sends a message with one or two system calls. */
    private static final Duration STALL = Duration.ofSeconds(10);

    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(10);

    private final DescriptorListener listener;
    private final Place place;
    private final Thread accepting;
    private final Object lock = new Object();
    /** Guarded by {@code lock}, as is the thread. */
    private @Nullable DescriptorStream current;

    private @Nullable Thread serving;

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

    private RemotePciServer(DescriptorListener listener, Place place) {
        this.listener = listener;
        this.place = place;
        this.accepting = Thread.ofPlatform()
                .daemon()
                .name("remote-pci-" + place.key().device())
                .unstarted(this::accept);
    }

    /**
     * Listens at a path whose folder exists.
     *
     * @throws ErrnoException as {@link DescriptorListener#listen}
     */
    public static RemotePciServer listen(Path path, Place place) {
        RemotePciServer server = new RemotePciServer(DescriptorListener.listen(path, STALL), place);
        server.accepting.start();
        return server;
    }

    public Path path() {
        return listener.path();
    }

    private void accept() {
        try (listener) {
            for (Optional<DescriptorStream> next = listener.accept(); next.isPresent(); next = listener.accept()) {
                begin(next.get());
            }
        }
    }

    private void begin(DescriptorStream stream) {
        synchronized (lock) {
            if (current != null) {
                LOG.log(System.Logger.Level.WARNING, "turned a second QEMU away from {0}", listener.path());
                stream.close();
                return;
            }
            current = stream;
            serving = Thread.ofPlatform()
                    .daemon()
                    .name("remote-pci-" + place.key().device() + "-qemu")
                    .start(() -> serve(stream));
        }
    }

    private void serve(DescriptorStream stream) {
        DeviceKey key = place.key();
        try (stream) {
            try (RemotePciConnection connection = new RemotePciConnection(
                    stream, place.door(), key, place.offered(), place.identity(), place.mostMemory())) {
                LOG.log(System.Logger.Level.INFO, "a QEMU has device {0}", key);
                connection.serve();
                LOG.log(System.Logger.Level.INFO, "the QEMU that had device {0} is gone", key);
            }
        } catch (ErrnoException e) {
            LOG.log(System.Logger.Level.WARNING, "hangs up on the QEMU that has device {0}: {1}", key, e.getMessage());
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "serving device " + key + " to a QEMU failed", e);
        } finally {
            synchronized (lock) {
                current = null;
            }
        }
    }

    /** Listens no more, hangs up, and waits for the device to be gone. */
    @Override
    public void close() {
        listener.hangUp();
        join(accepting);
        Thread last;
        synchronized (lock) {
            if (current != null) {
                current.hangUp();
            }
            last = serving;
        }
        if (last != null) {
            join(last);
        }
    }

    private void join(Thread thread) {
        try {
            if (!thread.join(CLOSE_WITHIN)) {
                LOG.log(System.Logger.Level.WARNING, "{0} did not end", thread.getName());
            }
        } catch (InterruptedException e) {
            // It ends all the same.
            Thread.currentThread().interrupt();
        }
    }
}
