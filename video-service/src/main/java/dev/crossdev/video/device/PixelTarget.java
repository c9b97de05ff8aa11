package dev.crossdev.video.device;

import java.lang.foreign.MemorySegment;
import java.time.Duration;

/**
 * What a decoded picture is written into. However its bytes are reached, the device only hands over what writes them:
 * whether that happens straight in the exporter's memory is the implementation's business.
 */
public interface PixelTarget {

    /** Where pixels go within the memory given to a {@link Painter}. */
    ObjectLayout layout();

    /**
     * Fills the target under its WRITE fence, if it has one here, which exists from before the painter's first byte until
     * after its last.
     *
     * @param wait how long others' fences may keep the painter from starting
     * @param hold after which a fence that was not dropped counts as signalled with an error
     * @throws X what the painter threw; the fence then signals with an error
     * @throws dev.crossdev.dmabuf.error.ErrnoException and the content does not count as written: ETIMEDOUT when others
     *     did not let go in time, EINTR when the thread was interrupted while waiting, EIO when the memory is no longer
     *     held, EFAULT when it is not there, ENODEV when whoever has it is gone
     */
    <X extends Exception> void write(Painter<X> painter, Duration wait, Duration hold) throws X;

    /**
     * Lets go. Does not wait, may be called from any thread and more than once; a write that runs finishes first, and
     * the memory stays mapped until it has.
     */
    void release();

    /**
     * Writes a target's bytes.
     *
     * @param <X> how it fails
     */
    @FunctionalInterface
    interface Painter<X extends Exception> {
        /**
         * Writes them.
         *
         * @param memory bytes of the target, from its first on and at least to the end of its last pixel; mapped only until
         *     this returns
         */
        void paint(MemorySegment memory) throws X;
    }
}
