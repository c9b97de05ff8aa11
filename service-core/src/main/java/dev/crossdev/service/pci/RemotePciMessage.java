package dev.crossdev.service.pci;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What QEMU says to a remote device. A message is a header of 16 bytes (s32 command, 4 bytes of padding, u64 size), its
 * descriptors with the header's first byte, and {@code size} bytes of payload; all in the machine's byte order, which is
 * little-endian here (hw/remote/mpqemu-link.h).
 */
sealed interface RemotePciMessage {

    int HEADER_BYTES = 16;

    /** The guest's RAM from now on. No reply. Region {@code i} lies at the offset in descriptor {@code i}. */
    record SyncMemory(List<Region> regions) implements RemotePciMessage {
        public SyncMemory {
            regions = List.copyOf(regions);
        }
    }

    /** Guest address, size and offset in the file of a piece of RAM; bytes. */
    record Region(long address, long size, long offset) {}

    /** Descriptors to raise the function's interrupt with, and to hear that the guest has handled it. No reply. */
    record SetInterrupt() implements RemotePciMessage {}

    record ConfigRead(int address, int length) implements RemotePciMessage {}

    record ConfigWrite(int address, int value, int length) implements RemotePciMessage {}

    /** @param address in the guest's memory or port space, not in the BAR */
    record BarRead(long address, int length, boolean memory) implements RemotePciMessage {}

    /** As {@link BarRead}. */
    record BarWrite(long address, long value, int length, boolean memory) implements RemotePciMessage {}

    record Reset() implements RemotePciMessage {}

    /** What is said first: how much follows, and how many descriptors came. */
    record Header(Command command, int size, int descriptors) {}

    /** In the order of QEMU's enumeration, with the payload's size. */
    enum Command {
        SYNC_SYSMEM(192),
        RET(8),
        PCI_CFGWRITE(12),
        PCI_CFGREAD(12),
        BAR_WRITE(24),
        BAR_READ(24),
        SET_IRQFD(0),
        DEVICE_RESET(0);

        private final int size;

        Command(int size) {
            this.size = size;
        }
    }

    /** Regions, and descriptors, that one message carries (REMOTE_MAX_FDS). */
    int MOST_REGIONS = 8;

    /**
     * The header of a message.
     *
     * @param bytes {@link #HEADER_BYTES}
     * @param descriptors how many came with it
     * @throws ErrnoException EPROTO for what QEMU never says
     */
    static Header header(byte[] bytes, int descriptors) {
        ByteBuffer buffer = wrap(bytes);
        int number = buffer.getInt(0);
        long size = buffer.getLong(8);
        Command[] all = Command.values();
        if (number < 0 || number >= all.length || all[number] == Command.RET) {
            throw new ErrnoException(Errno.EPROTO, "message " + number);
        }
        Command command = all[number];
        boolean fits = size == command.size
                && switch (command) {
                    case SYNC_SYSMEM -> descriptors <= MOST_REGIONS;
                    case SET_IRQFD -> descriptors == 2;
                    default -> descriptors == 0;
                };
        if (!fits) {
            throw new ErrnoException(
                    Errno.EPROTO,
                    command + " of " + Long.toUnsignedString(size) + " bytes with " + descriptors + " descriptors");
        }
        return new Header(command, (int) size, descriptors);
    }

    /**
     * A message, checked.
     *
     * @param payload as long as the header said
     * @throws ErrnoException EPROTO for what QEMU never says
     */
    static RemotePciMessage decode(Header header, byte[] payload) {
        ByteBuffer buffer = wrap(payload);
        return switch (header.command()) {
            case SYNC_SYSMEM -> sync(buffer, header.descriptors());
            case SET_IRQFD -> new SetInterrupt();
            case PCI_CFGREAD -> new ConfigRead(configAddress(buffer), length(buffer.getInt(8), 4));
            case PCI_CFGWRITE -> new ConfigWrite(configAddress(buffer), buffer.getInt(4), length(buffer.getInt(8), 4));
            case BAR_READ -> new BarRead(buffer.getLong(0), length(buffer.getInt(16), 8), buffer.get(20) != 0);
            case BAR_WRITE ->
                new BarWrite(buffer.getLong(0), buffer.getLong(8), length(buffer.getInt(16), 8), buffer.get(20) != 0);
            case DEVICE_RESET -> new Reset();
            case RET -> throw new IllegalStateException("refused with its header");
        };
    }

    /** The reply to a read, with its value, and to a write, with 0. */
    static byte[] reply(long value) {
        return ByteBuffer.allocate(HEADER_BYTES + Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0, Command.RET.ordinal())
                .putLong(8, Long.BYTES)
                .putLong(HEADER_BYTES, value)
                .array();
    }

    /** The reply to a reset: a header alone. */
    static byte[] emptyReply() {
        return ByteBuffer.allocate(HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0, Command.RET.ordinal())
                .array();
    }

    private static SyncMemory sync(ByteBuffer buffer, int descriptors) {
        List<Region> regions = new ArrayList<>(descriptors);
        for (int i = 0; i < descriptors; i++) {
            long address = buffer.getLong(8 * i);
            long size = buffer.getLong(8 * (MOST_REGIONS + i));
            long offset = buffer.getLong(8 * (2 * MOST_REGIONS + i));
            if (size <= 0 || offset < 0 || Long.compareUnsigned(address + (size - 1), address) < 0) {
                throw new ErrnoException(
                        Errno.EPROTO,
                        "RAM of " + Long.toUnsignedString(size) + " bytes at 0x" + Long.toHexString(address));
            }
            regions.add(new Region(address, size, offset));
        }
        return new SyncMemory(regions);
    }

    private static int configAddress(ByteBuffer buffer) {
        int address = buffer.getInt(0);
        if (address < 0 || address >= 4096) {
            throw new ErrnoException(Errno.EPROTO, "configuration address " + Integer.toUnsignedString(address));
        }
        return address;
    }

    private static int length(int length, int most) {
        if (length < 1 || length > most || Integer.bitCount(length) != 1) {
            throw new ErrnoException(Errno.EPROTO, "an access of " + length + " bytes");
        }
        return length;
    }

    private static ByteBuffer wrap(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
