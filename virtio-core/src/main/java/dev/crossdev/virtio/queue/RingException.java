package dev.crossdev.virtio.queue;

/**
 * A ring that no driver may write. The queue takes nothing more; the transport says DEVICE_NEEDS_RESET (virtio 1.4, Device
 * Status Field) and the driver starts over. Checked, because whoever serves a queue must have an answer to this.
 */
public final class RingException extends Exception {

    private static final long serialVersionUID = 1L;

    /** What is wrong with the ring; the rules are those of virtio 1.4, Split Virtqueues, unless another source is named. */
    public enum Kind {
        /** The size is no power of two from 1 to 32768. */
        QUEUE_SIZE,
        /** A part of the ring, or an indirect table, does not lie in guest memory. */
        RING_OUTSIDE_MEMORY,
        /** A part of the ring begins at an address that is no multiple of its alignment. */
        MISALIGNED,
        /** More buffers became available than the ring has entries. */
        AVAILABLE_INDEX,
        /** An available entry names no descriptor. */
        HEAD_OUT_OF_RANGE,
        /** A buffer was made available again before it was used. */
        HEAD_IN_USE,
        /** A descriptor's next names no descriptor. */
        NEXT_OUT_OF_RANGE,
        /** More descriptors follow one another than there are. */
        LOOP,
        /** More descriptors than a device can be asked to take (see {@link Chain#MAX_BUFFERS}). */
        TOO_MANY_BUFFERS,
        /** More than 2^32 bytes. */
        TOO_MANY_BYTES,
        /** A device-readable descriptor after a device-writable one. */
        READABLE_AFTER_WRITABLE,
        /** A descriptor of no bytes (QEMU virtio.c, virtqueue_map_desc, refuses it too). */
        EMPTY_BUFFER,
        /** A descriptor's bytes do not all lie in guest memory. */
        BUFFER_OUTSIDE_MEMORY,
        /** An indirect descriptor without VIRTIO_F_INDIRECT_DESC. */
        INDIRECT_NOT_NEGOTIATED,
        /** An indirect descriptor in an indirect table. */
        INDIRECT_IN_INDIRECT,
        /** An indirect descriptor that says that another one follows. */
        INDIRECT_WITH_NEXT,
        /** An indirect table whose length is no multiple of a descriptor's, or none. */
        INDIRECT_LENGTH,
        /** The guest memory went away, or shrank, under the ring. */
        MEMORY_GONE
    }

    private final Kind kind;

    RingException(Kind kind, String message) {
        super(kind + ": " + message);
        this.kind = kind;
    }

    RingException(Kind kind, String message, Throwable cause) {
        super(kind + ": " + message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
