package dev.crossdev.gpu.door;

import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.testing.ring.RingDriver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;

/**
 * QEMU's end of a remote PCI device: messages, and a driver of a few lines that brings the device up by its registers. The
 * BAR lies where QEMU would put it.
 */
final class FakeQemu implements AutoCloseable {

    static final long BAR = 0xfebf_8000L;
    static final int SYNC_SYSMEM = 0;
    static final int CONFIG_WRITE = 2;
    static final int CONFIG_READ = 3;
    static final int BAR_WRITE = 4;
    static final int BAR_READ = 5;
    static final int SET_IRQFD = 6;
    static final int DEVICE_RESET = 7;

    static final int STATUS = 0x14;
    static final int ISR = 0x1000;
    static final int DEVICE_CONFIG = 0x2000;
    static final int NOTIFY = 0x3000;

    private static final Duration STALL = Duration.ofSeconds(10);

    private final DescriptorStream stream;

    FakeQemu(Path socket) {
        stream = DescriptorStream.connect(socket, STALL);
    }

    DescriptorStream stream() {
        return stream;
    }

    void send(int command, byte[] payload, int... descriptors) {
        stream.write(message(command, payload), descriptors);
    }

    static byte[] message(int command, byte[] payload) {
        return buffer(16 + payload.length)
                .putInt(0, command)
                .putLong(8, payload.length)
                .put(16, payload)
                .array();
    }

    /** The value of a reply of 8 bytes. */
    long reply() {
        ByteBuffer reply = buffer(stream.read(24)
                .orElseThrow(() -> new AssertionError("hung up on"))
                .bytes());
        if (reply.getInt(0) != 1 || reply.getLong(8) != 8) {
            throw new AssertionError("no reply: " + reply);
        }
        return reply.getLong(16);
    }

    /** All of a memory, from a guest address on. */
    void ram(SharedMemory memory, long address) {
        ByteBuffer payload = buffer(192).putLong(0, address).putLong(64, memory.size());
        send(SYNC_SYSMEM, payload.array(), memory.descriptor());
    }

    int config(int address, int length) {
        send(CONFIG_READ, buffer(12).putInt(0, address).putInt(8, length).array());
        return (int) reply();
    }

    void config(int address, int value, int length) {
        send(
                CONFIG_WRITE,
                buffer(12).putInt(0, address).putInt(4, value).putInt(8, length).array());
        long unused = reply();
    }

    /** As the BIOS does. */
    void mapBar() {
        config(0x10, (int) BAR, 4);
        config(0x04, 0x6, 2);
    }

    long bar(int offset, int length) {
        send(
                BAR_READ,
                buffer(24)
                        .putLong(0, BAR + offset)
                        .putInt(16, length)
                        .put(20, (byte) 1)
                        .array());
        return reply();
    }

    void bar(int offset, long value, int length) {
        send(
                BAR_WRITE,
                buffer(24)
                        .putLong(0, BAR + offset)
                        .putLong(8, value)
                        .putInt(16, length)
                        .put(20, (byte) 1)
                        .array());
        long unused = reply();
    }

    void status(int status) {
        bar(STATUS, status, 1);
    }

    int status() {
        return (int) bar(STATUS, 1);
    }

    long offeredFeatures() {
        bar(0x00, 0, 4);
        long low = bar(0x04, 4);
        bar(0x00, 1, 4);
        return low | bar(0x04, 4) << 32;
    }

    void features(long bits) {
        bar(0x08, 0, 4);
        bar(0x0c, bits & 0xffff_ffffL, 4);
        bar(0x08, 1, 4);
        bar(0x0c, bits >>> 32, 4);
    }

    void queue(int index, RingDriver ring) {
        bar(0x16, index, 2);
        bar(0x18, ring.size(), 2);
        long[] addresses = {ring.descriptors(), ring.available(), ring.used()};
        for (int i = 0; i < 3; i++) {
            bar(0x20 + 8 * i, addresses[i] & 0xffff_ffffL, 4);
            bar(0x24 + 8 * i, addresses[i] >>> 32, 4);
        }
        bar(0x1c, 1, 2);
    }

    void notifyQueue(int index) {
        bar(NOTIFY + 4 * index, index, 2);
    }

    @Override
    public void close() {
        stream.close();
    }

    static ByteBuffer buffer(int bytes) {
        return buffer(new byte[bytes]);
    }

    private static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
