package dev.crossdev.service.vhostuser;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.virtio.wire.WireWriter;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The other way round: what the back end says unasked, on a socket of its own. None of it asks for a reply, as libvhost-user
 * asks for none. A platform thread writes, so that a front end that does not read holds up nobody.
 */
final class BackendChannel implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(BackendChannel.class.getName());

    private static final int CONFIG_CHANGE = 2;
    private static final int SHARED_OBJECT_ADD = 6;
    private static final int SHARED_OBJECT_REMOVE = 7;

    /** Messages that the front end has not read; with more, it is told nothing further. */
    private static final int MOST_WAITING = 65_536;

    private static final byte[] END = {};

    private final DescriptorStream stream;
    private final BlockingQueue<byte[]> waiting = new LinkedBlockingQueue<>(MOST_WAITING);

    /** @param stream owned from here on */
    BackendChannel(DescriptorStream stream, String name) {
        this.stream = stream;
        Thread.ofPlatform().daemon().name(name).start(this::write);
    }

    void configChanged() {
        offer(header(CONFIG_CHANGE, 0));
    }

    void objectAdded(UUID uuid) {
        offer(header(SHARED_OBJECT_ADD, 16).uuid(uuid));
    }

    void objectRemoved(UUID uuid) {
        offer(header(SHARED_OBJECT_REMOVE, 16).uuid(uuid));
    }

    private static WireWriter header(int request, int size) {
        return VhostUserRequest.Header.begin(request, VhostUserRequest.VERSION, size);
    }

    private void offer(WireWriter message) {
        if (!waiting.offer(message.toBytes())) {
            stream.hangUp();
        }
    }

    private void write() {
        try (stream) {
            for (byte[] message = waiting.take(); message != END; message = waiting.take()) {
                stream.write(message);
            }
        } catch (ErrnoException e) {
            LOG.log(System.Logger.Level.DEBUG, "the front end does not listen: {0}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stream.hangUp();
        waiting.clear();
        boolean unused = waiting.offer(END);
    }
}
