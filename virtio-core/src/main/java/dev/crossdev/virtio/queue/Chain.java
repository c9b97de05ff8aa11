package dev.crossdev.virtio.queue;

import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One buffer of a virtqueue while the device has it: what may be read, what may be written, in however many pieces the
 * driver laid them out (a device must not care: virtio 1.4, Message Framing). Made once and filled again and again by
 * {@link SplitQueue#poll}; between that and {@link SplitQueue#complete} it belongs to whoever works on the buffer.
 *
 * <p>Every piece lay in guest memory when the buffer was taken. The guest may change the bytes at any moment: copy them once
 * and check the copy. Not for use by several threads at a time.
 */
public final class Chain {

    /** Pieces that one buffer may have where the queue is not larger: QEMU's VIRTQUEUE_MAX_SIZE. */
    public static final int MAX_BUFFERS = 1024;

    private static final int USUAL_BUFFERS = 16;

    private long[] addresses = new long[USUAL_BUFFERS];
    private int[] lengths = new int[USUAL_BUFFERS];
    private int count;
    private int readableCount;
    private long readableBytes;
    private long writableBytes;
    private int head = -1;
    private @Nullable GuestRegions memory;

    /** An empty one, of no use before it was polled. */
    public Chain() {}

    /** The index of the first descriptor, by which the driver knows the buffer; -1 before the first poll. */
    public int head() {
        return head;
    }

    /** Bytes that the device may read. */
    public long readableBytes() {
        return readableBytes;
    }

    /** Bytes that the device may write. */
    public long writableBytes() {
        return writableBytes;
    }

    /** Pieces, readable and writable. */
    public int buffers() {
        return count;
    }

    /**
     * Copies the readable part from its beginning, as far as there is room.
     *
     * @return bytes copied
     * @throws RingException MEMORY_GONE
     */
    public long copyReadable(MemorySegment target) throws RingException {
        GuestRegions from = mapped();
        long want = Math.min(readableBytes, target.byteSize());
        long done = 0;
        try {
            for (int i = 0; i < readableCount && done < want; i++) {
                long length = Math.min(Integer.toUnsignedLong(lengths[i]), want - done);
                from.copyOut(addresses[i], target, done, length);
                done += length;
            }
        } catch (IllegalStateException | ErrnoException closed) {
            throw gone(closed);
        }
        return done;
    }

    /**
     * Copies to the beginning of the writable part, as far as there is room.
     *
     * @return bytes copied, as they are to be said to {@link SplitQueue#complete}
     * @throws RingException MEMORY_GONE
     */
    public long write(MemorySegment source) throws RingException {
        GuestRegions to = mapped();
        long want = Math.min(writableBytes, source.byteSize());
        long done = 0;
        try {
            for (int i = readableCount; i < count && done < want; i++) {
                long length = Math.min(Integer.toUnsignedLong(lengths[i]), want - done);
                to.copyIn(addresses[i], source, done, length);
                done += length;
            }
        } catch (IllegalStateException | ErrnoException closed) {
            throw gone(closed);
        }
        return done;
    }

    void begin(int head, GuestRegions memory) {
        this.head = head;
        this.memory = memory;
        count = 0;
        readableCount = 0;
        readableBytes = 0;
        writableBytes = 0;
    }

    /** @param length unsigned, not 0 */
    void add(long address, int length, boolean writable) {
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        addresses[count] = address;
        lengths[count] = length;
        count++;
        if (writable) {
            writableBytes += Integer.toUnsignedLong(length);
        } else {
            readableCount = count;
            readableBytes += Integer.toUnsignedLong(length);
        }
    }

    boolean hasWritable() {
        return count > readableCount;
    }

    private GuestRegions mapped() {
        GuestRegions mapped = memory;
        if (mapped == null) {
            throw new IllegalStateException("a chain that was never polled");
        }
        return mapped;
    }

    private static RingException gone(RuntimeException closed) {
        return new RingException(RingException.Kind.MEMORY_GONE, "guest memory is gone under a buffer", closed);
    }
}
