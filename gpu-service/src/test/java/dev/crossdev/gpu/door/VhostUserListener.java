package dev.crossdev.gpu.door;

import dev.crossdev.dmabuf.memory.DescriptorListener;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A socket of two ends: one for the back end to say things on, one to hear them. */
final class VhostUserListener implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final DescriptorListener listener;
    private final DescriptorStream given;
    private final DescriptorStream heard;

    VhostUserListener(Path path) {
        listener = DescriptorListener.listen(path, PATIENCE);
        given = DescriptorStream.connect(path, PATIENCE);
        heard = listener.accept().orElseThrow();
    }

    /** The back end's end, to be handed over. */
    int given() {
        return given.socket();
    }

    /** Whether the back end has said something. */
    boolean hasNext() {
        return heard.isReadable();
    }

    /** What the back end writes, whatever it means. */
    byte[] bytes(int count) {
        return heard.read(count).orElseThrow().bytes();
    }

    /** What the back end says of a display. */
    FrontEnd.Reply nextOfDisplay() {
        try {
            WireReader header = new WireReader(heard.read(12).orElseThrow().bytes());
            int request = header.u32();
            int flags = header.u32();
            if (flags != 0) {
                throw new AssertionError("flags " + flags);
            }
            return new FrontEnd.Reply(request, heard.readRest(header.u32()), List.of());
        } catch (MalformedMessageException e) {
            throw new AssertionError(e);
        }
    }

    FrontEnd.Reply next() {
        return FrontEnd.reply(heard).orElseThrow();
    }

    @Override
    public void close() {
        heard.close();
        given.close();
        listener.close();
    }
}
