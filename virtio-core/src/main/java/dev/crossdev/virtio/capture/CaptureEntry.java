package dev.crossdev.virtio.capture;

import java.util.Optional;
import java.util.OptionalLong;

/** One line of a capture: an exchange, or something that happened to the device. */
public sealed interface CaptureEntry {

    /**
     * One buffer of a virtqueue: what the device read and what it wrote. An event of the device has no request.
     *
     * @param queue the virtqueue's index, unsigned
     * @param request the device-readable bytes
     * @param written what the device wrote; no bytes: it gave the buffer back without any; empty: it never answered
     * @param detail what only a tap knows; empty in captures from elsewhere
     */
    record Exchange(int queue, Bytes request, Optional<Bytes> written, Optional<Detail> detail)
            implements CaptureEntry {

        public boolean isEvent() {
            return request.isEmpty() && written.isPresent() && !written.get().isEmpty();
        }
    }

    /**
     * What a tap knows of an exchange beside its bytes.
     *
     * @param sequence the sender's number; empty where there is none (events)
     * @param writable bytes that the device could have written; empty where nobody said
     * @param submittedNanos when the device's door handed it on, CLOCK_MONOTONIC; empty for events
     * @param answeredNanos when the answer went out, CLOCK_MONOTONIC; empty when it never did
     */
    record Detail(
            OptionalLong sequence, OptionalLong writable, OptionalLong submittedNanos, OptionalLong answeredNanos) {}

    /**
     * Guest memory as the device found it when it was given the command that was submitted at the same time.
     *
     * @param address guest physical address of the first byte
     */
    record MemoryWrite(long address, Bytes data, OptionalLong nanos) implements CaptureEntry {}

    /** The device was reset; what was pending was dropped. */
    record Reset(long epoch, OptionalLong nanos) implements CaptureEntry {}

    /** The configuration space changed: all of it as it is now. */
    record ConfigChanged(Bytes config, OptionalLong nanos) implements CaptureEntry {}

    /** Exchanges that are missing here: the one who watched was too slow. */
    record Dropped(long exchanges) implements CaptureEntry {}

    /** The device went away. */
    record Unplugged(String reason, OptionalLong nanos) implements CaptureEntry {}
}
