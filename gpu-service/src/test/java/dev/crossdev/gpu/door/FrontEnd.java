package dev.crossdev.gpu.door;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.dmabuf.memory.EventDescriptor;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.testing.ring.RingDriver;
import dev.crossdev.testing.ring.RingDriver.Used;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A front end of vhost-user with a machine behind it: RAM, two rings, a driver. It speaks in the order that QEMU's
 * vhost-user-gpu has, and keeps the front end's addresses apart from the guest's.
 */
public final class FrontEnd implements AutoCloseable {

    static final int GET_FEATURES = 1;
    static final int SET_FEATURES = 2;
    static final int SET_OWNER = 3;
    static final int SET_MEM_TABLE = 5;
    static final int SET_VRING_NUM = 8;
    static final int SET_VRING_ADDR = 9;
    static final int SET_VRING_BASE = 10;
    static final int GET_VRING_BASE = 11;
    static final int SET_VRING_KICK = 12;
    static final int SET_VRING_CALL = 13;
    static final int SET_VRING_ERR = 14;
    static final int GET_PROTOCOL_FEATURES = 15;
    static final int SET_PROTOCOL_FEATURES = 16;
    static final int GET_QUEUE_NUM = 17;
    static final int SET_VRING_ENABLE = 18;
    static final int SET_BACKEND_REQ_FD = 21;
    static final int GET_CONFIG = 24;
    static final int SET_CONFIG = 25;
    static final int RESET_DEVICE = 34;
    static final int GET_MAX_MEM_SLOTS = 36;
    static final int ADD_MEM_REG = 37;
    static final int REM_MEM_REG = 38;
    static final int GPU_SET_SOCKET = 33;
    static final int GET_SHARED_OBJECT = 41;

    static final long GUEST_RAM = 0x1_0000_0000L;
    static final long USER_RAM = 0x7f00_0000_0000L;
    static final long RAM_BYTES = 8 << 20;

    private static final int NEED_REPLY = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** An answer, and what came with it. */
    record Reply(int request, byte[] payload, List<Integer> descriptors) {
        long u64() {
            try {
                return new WireReader(payload).u64();
            } catch (MalformedMessageException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** What the machine has for RAM, {@link #RAM_BYTES} of it. */
    interface Ram extends AutoCloseable {

        MemorySegment slice(long offset, long bytes);

        int descriptor();

        @Override
        void close();
    }

    private record Sealed(SharedMemory memory) implements Ram {
        @Override
        public MemorySegment slice(long offset, long bytes) {
            return memory.slice(offset, bytes);
        }

        @Override
        public int descriptor() {
            return memory.descriptor();
        }

        @Override
        public void close() {
            memory.close();
        }
    }

    final DescriptorStream stream;
    final Ram ram;
    public final RingDriver[] rings = new RingDriver[2];
    public final EventDescriptor[] kicks = {EventDescriptor.create(), EventDescriptor.create()};
    public final EventDescriptor[] calls = {EventDescriptor.create(), EventDescriptor.create()};
    final EventDescriptor[] errors = {EventDescriptor.create(), EventDescriptor.create()};
    long features;

    private FrontEnd(DescriptorStream stream, Ram ram) {
        this.stream = stream;
        this.ram = ram;
        newRings(0);
    }

    /** Connects, as soon as the one before is gone. */
    public static FrontEnd connect(Path path) {
        return connect(path, () -> new Sealed(SharedMemory.create("ram", RAM_BYTES)));
    }

    /** Likewise, with RAM of one's own. */
    static FrontEnd connect(Path path, Supplier<Ram> ram) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            FrontEnd there = new FrontEnd(DescriptorStream.connect(path, PATIENCE), ram.get());
            try {
                there.send(GET_FEATURES, new byte[0], false);
                Optional<Reply> reply = there.reply();
                if (reply.isPresent()) {
                    there.features = reply.get().u64();
                    return there;
                }
            } catch (ErrnoException turnedAway) {
                if (System.nanoTime() > end) {
                    throw turnedAway;
                }
            }
            there.close();
            if (System.nanoTime() > end) {
                throw new AssertionError("turned away for " + PATIENCE);
            }
        }
    }

    /** A driver that begins anew, in another part of memory. */
    void newRings(int part) {
        long at = (long) part << 20;
        for (int i = 0; i < 2; i++) {
            int size = i == 0 ? 64 : 16;
            long bytes = RingDriver.bytes(size, 2048);
            rings[i] = new RingDriver(
                    ram.slice(at, bytes), GUEST_RAM + at, size, 2048, new RingDriver.Features(true, true));
            at += bytes;
        }
    }

    void send(int request, byte[] payload, boolean needReply, int... descriptors) {
        stream.write(
                new WireWriter(12 + payload.length)
                        .u32(request)
                        .u32(1 | (needReply ? NEED_REPLY : 0))
                        .u32(payload.length)
                        .bytes(payload)
                        .toBytes(),
                descriptors);
    }

    /** Empty at the end of the stream. */
    Optional<Reply> reply() {
        return reply(stream);
    }

    static Optional<Reply> reply(DescriptorStream from) {
        Optional<DescriptorStream.Message> header = from.read(12);
        if (header.isEmpty()) {
            return Optional.empty();
        }
        try {
            WireReader in = new WireReader(header.get().bytes());
            int request = in.u32();
            int flags = in.u32();
            int size = in.u32();
            if (flags != 5 && flags != 1) {
                throw new AssertionError("flags " + flags);
            }
            return Optional.of(new Reply(
                    request,
                    size == 0 ? new byte[0] : from.readRest(size),
                    header.get().descriptors()));
        } catch (MalformedMessageException e) {
            throw new AssertionError(e);
        }
    }

    Reply ask(int request, byte[] payload) {
        send(request, payload, false);
        return reply().orElseThrow();
    }

    /** Sends what is to be acknowledged; 0 when it was done. */
    long tell(int request, byte[] payload, int... descriptors) {
        send(request, payload, true, descriptors);
        Reply reply = reply().orElseThrow();
        if (reply.request() != request) {
            throw new AssertionError("an answer to " + reply.request());
        }
        return reply.u64();
    }

    void must(int request, byte[] payload, int... descriptors) {
        long errno = tell(request, payload, descriptors);
        if (errno != 0) {
            throw new AssertionError("request " + request + " failed: " + errno);
        }
    }

    static byte[] u64(long value) {
        return new WireWriter(8).u64(value).toBytes();
    }

    static byte[] state(int queue, int value) {
        return new WireWriter(8).u32(queue).u32(value).toBytes();
    }

    static byte[] region(long offset) {
        return new WireWriter(32)
                .u64(GUEST_RAM + offset)
                .u64(RAM_BYTES / 2)
                .u64(USER_RAM + offset)
                .u64(offset)
                .toBytes();
    }

    static byte[] table() {
        return new WireWriter(72)
                .u32(2)
                .u32(0)
                .bytes(region(RAM_BYTES / 2))
                .bytes(region(0))
                .toBytes();
    }

    byte[] addresses(int queue) {
        long toUser = USER_RAM - GUEST_RAM;
        return new WireWriter(40)
                .u32(queue)
                .u32(0)
                .u64(rings[queue].descriptors() + toUser)
                .u64(rings[queue].used() + toUser)
                .u64(rings[queue].available() + toUser)
                .u64(-1)
                .toBytes();
    }

    /** What QEMU says when the device is made. */
    public void realize() {
        long protocol = ask(GET_PROTOCOL_FEATURES, new byte[0]).u64();
        send(SET_PROTOCOL_FEATURES, u64(protocol), false);
        must(SET_OWNER, new byte[0]);
        for (int i = 0; i < 2; i++) {
            must(SET_VRING_CALL, u64(i), calls[i].descriptor());
            must(SET_VRING_ERR, u64(i), errors[i].descriptor());
        }
    }

    /** What QEMU says at DRIVER_OK. */
    public void start(int firstBase, int secondBase) {
        must(SET_FEATURES, u64(features));
        must(SET_MEM_TABLE, table(), ram.descriptor(), ram.descriptor());
        for (int i = 0; i < 2; i++) {
            must(SET_VRING_NUM, state(i, rings[i].size()));
            must(SET_VRING_BASE, state(i, i == 0 ? firstBase : secondBase));
            must(SET_VRING_ADDR, addresses(i));
            must(SET_VRING_KICK, u64(i), kicks[i].descriptor());
        }
        for (int i = 0; i < 2; i++) {
            must(SET_VRING_ENABLE, state(i, 1));
            must(SET_VRING_CALL, u64(i), calls[i].descriptor());
        }
    }

    /** What QEMU says when the machine stops or resets; the bases that came back. */
    int[] stop() {
        int[] bases = new int[2];
        for (int i = 0; i < 2; i++) {
            must(SET_VRING_ENABLE, state(i, 0));
        }
        for (int i = 0; i < 2; i++) {
            bases[i] = (int) (ask(GET_VRING_BASE, state(i, 0)).u64() >>> 32);
        }
        return bases;
    }

    GpuReply run(GpuCommand command) {
        send(command);
        return answer();
    }

    public void send(GpuCommand command) {
        if (sendWithoutAKick(command)) {
            kicks[0].signal();
        }
    }

    /** Whether the device has to be told. */
    boolean sendWithoutAKick(GpuCommand command) {
        rings[0].submit(GpuWire.encodeRequest(GpuRequest.of(command)), GpuWire.replyBytes(command));
        return rings[0].kickNeeded();
    }

    GpuReply answer() {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            Optional<GpuReply> reply = poll();
            if (reply.isPresent()) {
                return reply.get();
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no answer");
    }

    /** The next answer, if it is there; a call is wanted for the one after it. */
    public Optional<GpuReply> poll() {
        Optional<Used> used = rings[0].take();
        if (used.isEmpty()) {
            return Optional.empty();
        }
        rings[0].enableCalls();
        try {
            return Optional.of(GpuWire.decodeReply(rings[0].answer(used.get())));
        } catch (MalformedMessageException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        stream.close();
        List<EventDescriptor> events = new ArrayList<>();
        events.addAll(List.of(kicks));
        events.addAll(List.of(calls));
        events.addAll(List.of(errors));
        events.forEach(EventDescriptor::close);
        ram.close();
    }
}
