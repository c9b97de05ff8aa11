package dev.crossdev.service.pci;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The configuration space of a function with one 32-bit memory BAR, an INTx pin and virtio's capabilities (PCI 3.0, chapter
 * 6; virtio 1.4, Virtio Structure PCI Capabilities). No MSI-X: QEMU's proxy has no messages for it.
 */
final class PciConfigSpace {

    /** What the capabilities lead to in the BAR; each has a page of its own. */
    static final int BAR_BYTES = 0x4000;

    static final int COMMON = 0x0000;
    static final int ISR = 0x1000;
    static final int DEVICE = 0x2000;
    static final int NOTIFY = 0x3000;
    static final int PAGE = 0x1000;

    /** Bytes between two queues' notification addresses. */
    static final int NOTIFY_STRIDE = 4;

    /** The common configuration up to and including queue_device. */
    static final int COMMON_BYTES = 0x38;

    private static final int BYTES = 256;
    private static final int COMMAND = 0x04;
    private static final int STATUS = 0x06;
    private static final int BAR0 = 0x10;
    private static final int CAPABILITIES = 0x40;

    private static final int COMMAND_MEMORY = 1 << 1;
    private static final int COMMAND_INTERRUPTS_OFF = 1 << 10;
    private static final int STATUS_INTERRUPT = 1 << 3;
    private static final int STATUS_CAPABILITIES = 1 << 4;

    private static final int VENDOR_SPECIFIC = 0x09;
    private static final int VIRTIO_VENDOR = 0x1af4;
    /** Modern devices have ids from here on, plus the device type's number. */
    private static final int FIRST_MODERN_DEVICE = 0x1040;

    private final ByteBuffer space = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final byte[] writable = new byte[BYTES];
    private final int window;
    private boolean interrupt;

    /**
     * @param virtioId the device type's number in the specification
     * @param classCode base class and subclass
     * @param configBytes of the device's own configuration space
     * @param queues of the device
     */
    PciConfigSpace(int virtioId, int classCode, int configBytes, int queues) {
        space.putShort(0x00, (short) VIRTIO_VENDOR);
        space.putShort(0x02, (short) (FIRST_MODERN_DEVICE + virtioId));
        space.put(0x08, (byte) 1);
        space.putShort(0x0a, (short) classCode);
        space.putShort(STATUS, (short) STATUS_CAPABILITIES);
        space.putShort(0x2c, (short) VIRTIO_VENDOR);
        space.putShort(0x2e, (short) 0x1100);
        space.put(0x34, (byte) CAPABILITIES);
        space.put(0x3d, (byte) 1);
        int at = CAPABILITIES;
        at = capability(at, 1, COMMON, COMMON_BYTES, 0);
        at = capability(at, 3, ISR, 1, 0);
        at = capability(at, 4, DEVICE, configBytes, 0);
        int notify = at;
        at = capability(at, 2, NOTIFY, NOTIFY_STRIDE * queues, 4);
        space.putInt(notify + 16, NOTIFY_STRIDE);
        window = at;
        capability(window, 5, 0, 0, 4);
        // The last in the list.
        space.put(window + 1, (byte) 0);
        writable(COMMAND, COMMAND_MEMORY | 1 << 2 | COMMAND_INTERRUPTS_OFF, 2);
        writable(0x0c, 0xff, 1);
        writable(BAR0, -BAR_BYTES, 4);
        writable(0x3c, 0xff, 1);
        writable(window + 4, 0xff, 1);
        writable(window + 8, -1, 4);
        writable(window + 12, -1, 4);
    }

    /** Virtio's capability; gives the place of the next one. */
    private int capability(int at, int type, int offset, int length, int more) {
        int bytes = 16 + more;
        space.put(at, (byte) VENDOR_SPECIFIC);
        space.put(at + 1, (byte) (at + bytes));
        space.put(at + 2, (byte) bytes);
        space.put(at + 3, (byte) type);
        space.putInt(at + 8, offset);
        space.putInt(at + 12, length);
        return at + bytes;
    }

    private void writable(int at, int mask, int length) {
        for (int i = 0; i < length; i++) {
            writable[at + i] = (byte) (mask >>> 8 * i);
        }
    }

    /** Back to how it was made. */
    void reset() {
        for (int i = 0; i < BYTES; i++) {
            if (i != STATUS) {
                space.put(i, (byte) (space.get(i) & ~writable[i]));
            }
        }
        interrupt = false;
    }

    /** What lies there; past the end nothing does. */
    int read(int address, int length) {
        space.putShort(STATUS, (short) (STATUS_CAPABILITIES | (interrupt ? STATUS_INTERRUPT : 0)));
        int value = 0;
        for (int i = 0; i < length && address + i < BYTES; i++) {
            value |= Byte.toUnsignedInt(space.get(address + i)) << 8 * i;
        }
        return value;
    }

    void write(int address, int value, int length) {
        for (int i = 0; i < length && address + i < BYTES; i++) {
            int at = address + i;
            int mask = writable[at];
            space.put(at, (byte) (space.get(at) & ~mask | value >>> 8 * i & mask));
        }
    }

    /** Shown in the status register. */
    void interrupt(boolean pending) {
        interrupt = pending;
    }

    /** Whether the guest lets the function raise its interrupt. */
    boolean interruptsOn() {
        return (space.getShort(COMMAND) & COMMAND_INTERRUPTS_OFF) == 0;
    }

    /** Where an address in the guest's memory lies in the BAR; -1 when it does not, wholly, or the BAR is off. */
    int barOffset(long address, int length) {
        long base = Integer.toUnsignedLong(space.getInt(BAR0));
        long offset = address - base;
        boolean on = (space.getShort(COMMAND) & COMMAND_MEMORY) != 0;
        return on && offset >= 0 && offset <= BAR_BYTES - length ? (int) offset : -1;
    }

    /** Whether an access is one to the BAR through configuration space (virtio 1.4, PCI configuration access capability). */
    boolean isWindowData(int address) {
        return address >= window + 16 && address < window + 20;
    }

    /** Where the driver pointed that window; -1 for nowhere. */
    int windowOffset(int length) {
        int offset = space.getInt(window + 8);
        boolean ours = space.get(window + 4) == 0 && space.getInt(window + 12) == length;
        return ours && offset >= 0 && offset <= BAR_BYTES - length && offset % length == 0 ? offset : -1;
    }

    @Override
    public String toString() {
        return Arrays.toString(space.array());
    }
}
