package dev.crossdev.gpu.door;

import dev.crossdev.dmabuf.memory.DescriptorListener;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import java.nio.file.Path;
import java.time.Duration;

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
