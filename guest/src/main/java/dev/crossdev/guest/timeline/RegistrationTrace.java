package dev.crossdev.guest.timeline;

import dev.crossdev.virtio.TraceContext;
import org.jspecify.annotations.Nullable;

/**
 * The distributed trace of one buffer's registration, for those who send its commands: each takes the context along that
 * {@link #sends} gives it. Thread-safe.
 */
public interface RegistrationTrace {

    /** Of nobody who traces. */
    RegistrationTrace NONE = new RegistrationTrace() {
        @Override
        public Sent sends(String command) {
            return Sent.NONE;
        }

        @Override
        public void end(BufferTimeline timeline) {}
    };

    /** A command on its way. */
    interface Sent {

        /** In no trace. */
        Sent NONE = new Sent() {
            @Override
            public TraceContext context() {
                return TraceContext.NONE;
            }

            @Override
            public void ended(@Nullable Throwable failure) {}
        };

        /** What the command carries. */
        TraceContext context();

        /**
         * Its answer was handled, or there will be none.
         *
         * @param failure null when the answer was a good one
         */
        void ended(@Nullable Throwable failure);
    }

    /**
     * A command goes out now. The first one begins the trace.
     *
     * @param command its name in the specification
     */
    Sent sends(String command);

    /** The run is over: what else was noted becomes part of the trace, and the trace ends. */
    void end(BufferTimeline timeline);
}
