package dev.crossdev.virtio.capture;

import dev.crossdev.virtio.TraceContext;
import java.util.Optional;

/** How a command came; asked only when somebody watches or traces the device. */
public interface CommandOrigin {

    /** A message without a number. */
    CommandOrigin MESSAGE = new CommandOrigin() {
        @Override
        public long sequence() {
            return 0;
        }

        @Override
        public Optional<RawBuffer> buffer() {
            return Optional.empty();
        }
    };

    /** The sender's number for it. */
    long sequence();

    /** The buffer that it lay in; empty when it came as a message and has no bytes of its own. */
    Optional<RawBuffer> buffer();

    /** The trace that its sender put it in. */
    default TraceContext trace() {
        return TraceContext.NONE;
    }
}
