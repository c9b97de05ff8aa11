package dev.crossdev.testing.ring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A driver's side of one split virtqueue (virtio 1.4, Split Virtqueues), in a part of guest memory that is its own: ring,
 * indirect tables and, for {@link #submit}, a buffer for each descriptor. For use by one thread.
 */
public final class RingDriver {

    /** Whether descriptors lie in tables of their own, and who suppresses notifications how. */
    public record Features(boolean indirect, boolean eventIndex) {}

    /** A piece of a buffer; its address is the guest's. */
    public record Piece(long address, int length, boolean writable) {}

    /** A buffer that the device gave back. */
    public record Used(int head, int written) {}

    /** Pieces that one indirect table has room for. */
    public static final int TABLE_ENTRIES = 32;

    public static final int NEXT = 1;
    public static final int WRITE = 2;
    public static final int INDIRECT = 4;

    private static final int DESCRIPTOR = 16;
    private static final long ALIGNMENT = 4096;

    private static final ValueLayout.OfShort LE16 = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt LE32 = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LE64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHARED16 = LE16.varHandle();

    private final MemorySegment memory;
    private final long guestAddress;
    private final int size;
    private final int slotBytes;
    private final Features features;
    private final long available;
    private final long used;
    private final long tables;
    private final long slots;

    private final Deque<Integer> free = new ArrayDeque<>();
    private final Map<Integer, List<Integer>> chains = new HashMap<>();
    private final Map<Integer, Integer> readableBytes = new HashMap<>();
    private short availableIndex;
    private short kickedUpTo;
    private short usedSeen;

    /**
     * Zeroes its part of memory and begins at index 0.
     *
     * @param memory at least {@link #bytes} from its beginning
     * @param guestAddress of its first byte
     * @param size entries
     * @param slotBytes room for one request and its answer of {@link #submit}
     */
    public RingDriver(MemorySegment memory, long guestAddress, int size, int slotBytes, Features features) {
        this.memory = memory;
        this.guestAddress = guestAddress;
        this.size = size;
        this.slotBytes = slotBytes;
        this.features = features;
        available = (long) DESCRIPTOR * size;
        used = up(available + 6 + 2L * size, 4);
        tables = up(used + 6 + 8L * size, DESCRIPTOR);
        slots = tables + (long) DESCRIPTOR * TABLE_ENTRIES * size;
        memory.asSlice(0, bytes(size, slotBytes)).fill((byte) 0);
        for (int i = size - 1; i >= 0; i--) {
            free.push(i);
        }
    }

    /** Memory that a driver of this size needs, in whole pages. */
    public static long bytes(int size, int slotBytes) {
        long ring = up(up((long) DESCRIPTOR * size + 6 + 2L * size, 4) + 6 + 8L * size, DESCRIPTOR);
        return up(ring + (long) DESCRIPTOR * TABLE_ENTRIES * size + (long) slotBytes * size, ALIGNMENT);
    }

    public int size() {
        return size;
    }

    /** Guest address of the descriptor table. */
    public long descriptors() {
        return guestAddress;
    }

    /** Guest address of the available ring. */
    public long available() {
        return guestAddress + available;
    }

    /** Guest address of the used ring. */
    public long used() {
        return guestAddress + used;
    }

    /** Buffers that the device has. */
    public int inFlight() {
        return chains.size();
    }

    /** Descriptors that a direct chain could take. */
    public int room() {
        return free.size();
    }

    /**
     * Makes a request available, with room for its answer, in this driver's own memory.
     *
     * @return the head by which its {@link Used} is known
     */
    public int submit(byte[] readable, int writable) {
        if (readable.length + writable > slotBytes) {
            throw new IllegalArgumentException(readable.length + " + " + writable + " bytes in " + slotBytes);
        }
        int slot = free.element();
        long at = slots + (long) slotBytes * slot;
        MemorySegment.copy(readable, 0, memory, ValueLayout.JAVA_BYTE, at, readable.length);
        List<Piece> pieces = new ArrayList<>(2);
        if (readable.length > 0) {
            pieces.add(new Piece(guestAddress + at, readable.length, false));
        }
        if (writable > 0) {
            pieces.add(new Piece(guestAddress + at + readable.length, writable, true));
        }
        int head = add(pieces);
        readableBytes.put(head, readable.length);
        return head;
    }

    /** What the device wrote for a request of {@link #submit}; good until the next one. */
    public byte[] answer(Used answered) {
        long at = slots + (long) slotBytes * answered.head() + readableBytes.getOrDefault(answered.head(), 0);
        return memory.asSlice(at, answered.written()).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Makes a buffer available; without a free descriptor for each piece it is an {@link IllegalStateException}. */
    public int add(List<Piece> pieces) {
        boolean table = features.indirect() && pieces.size() > 1;
        List<Integer> taken = new ArrayList<>();
        for (int i = 0; i < (table ? 1 : pieces.size()); i++) {
            if (free.isEmpty()) {
                taken.forEach(free::push);
                throw new IllegalStateException("the ring has no room");
            }
            taken.add(free.pop());
        }
        int head = taken.getFirst();
        if (table) {
            long at = tables + (long) DESCRIPTOR * TABLE_ENTRIES * head;
            for (int i = 0; i < pieces.size(); i++) {
                write(at + (long) DESCRIPTOR * i, pieces.get(i), i + 1 < pieces.size() ? NEXT : 0, i + 1);
            }
            descriptor(head, guestAddress + at, DESCRIPTOR * pieces.size(), INDIRECT, 0);
        } else {
            for (int i = 0; i < pieces.size(); i++) {
                boolean last = i + 1 == pieces.size();
                write((long) DESCRIPTOR * taken.get(i), pieces.get(i), last ? 0 : NEXT, last ? 0 : taken.get(i + 1));
            }
        }
        chains.put(head, taken);
        makeAvailable(head);
        return head;
    }

    private void write(long at, Piece piece, int flags, int next) {
        descriptorAt(at, piece.address(), piece.length(), flags | (piece.writable() ? WRITE : 0), next);
    }

    /** Writes a descriptor as it is said, right or wrong. */
    public void descriptor(int index, long address, int length, int flags, int next) {
        descriptorAt((long) DESCRIPTOR * index, address, length, flags, next);
    }

    /** Writes an entry of a descriptor's own indirect table, right or wrong, and gives the table's guest address. */
    public long tableEntry(int head, int entry, long address, int length, int flags, int next) {
        long table = tables + (long) DESCRIPTOR * TABLE_ENTRIES * head;
        descriptorAt(table + (long) DESCRIPTOR * entry, address, length, flags, next);
        return guestAddress + table;
    }

    private void descriptorAt(long at, long address, int length, int flags, int next) {
        memory.set(LE64, at, address);
        memory.set(LE32, at + 8, length);
        memory.set(LE16, at + 12, (short) flags);
        memory.set(LE16, at + 14, (short) next);
    }

    /** Puts a head into the available ring, right or wrong. */
    public void makeAvailable(int head) {
        memory.set(LE16, available + 4 + 2L * (Short.toUnsignedInt(availableIndex) % size), (short) head);
        jumpTo((short) (availableIndex + 1));
    }

    /** Sets the available index, right or wrong. */
    public void jumpTo(int index) {
        availableIndex = (short) index;
        SHARED16.setRelease(memory, available + 2, availableIndex);
    }

    /** Whether the device wants a kick for what became available since this was asked last. */
    public boolean kickNeeded() {
        short old = kickedUpTo;
        kickedUpTo = availableIndex;
        VarHandle.fullFence();
        if (!features.eventIndex()) {
            return old != availableIndex && ((short) SHARED16.getOpaque(memory, used) & 1) == 0;
        }
        short event = (short) SHARED16.getOpaque(memory, used + 4 + 8L * size);
        return Short.toUnsignedInt((short) (availableIndex - event - 1))
                < Short.toUnsignedInt((short) (availableIndex - old));
    }

    /** The next buffer that the device gave back. */
    public Optional<Used> take() {
        if (usedSeen == (short) SHARED16.getAcquire(memory, used + 2)) {
            return Optional.empty();
        }
        long at = used + 4 + 8L * (Short.toUnsignedInt(usedSeen) % size);
        Used next = new Used(memory.get(LE32, at), memory.get(LE32, at + 4));
        usedSeen++;
        List<Integer> chain = chains.remove(next.head());
        if (chain == null) {
            throw new IllegalStateException("the device gave back " + next + ", which it did not have");
        }
        chain.forEach(free::push);
        return Optional.of(next);
    }

    /**
     * Asks for a call when the next buffer is given back.
     *
     * @return true when one has been already, for which no call may come
     */
    public boolean enableCalls() {
        if (features.eventIndex()) {
            SHARED16.setOpaque(memory, available + 4 + 2L * size, usedSeen);
        } else {
            SHARED16.setOpaque(memory, available, (short) 0);
        }
        VarHandle.fullFence();
        return usedSeen != (short) SHARED16.getOpaque(memory, used + 2);
    }

    /** Asks for no calls. With event indexes nothing is said: one that was passed asks for none. */
    public void disableCalls() {
        if (!features.eventIndex()) {
            SHARED16.setOpaque(memory, available, (short) 1);
        }
    }

    private static long up(long value, long alignment) {
        return Math.ceilDiv(value, alignment) * alignment;
    }
}
