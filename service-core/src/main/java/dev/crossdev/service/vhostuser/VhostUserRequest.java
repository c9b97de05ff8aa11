package dev.crossdev.service.vhostuser;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What a front end asks. Descriptors travel beside it. */
sealed interface VhostUserRequest {

    int HEADER_BYTES = 12;

    /** More than any message here has; libvhost-user and rust-vmm bound it likewise. */
    int MAX_PAYLOAD = 4096;

    /** QEMU's VHOST_USER_MAX_CONFIG_SIZE. */
    int MAX_CONFIG = 256;

    /** Regions in one SET_MEM_TABLE, as many as descriptors travel at once. */
    int MAX_REGIONS = 8;

    int VERSION = 1;
    int REPLY = 4;
    int NEED_REPLY = 8;

    /** Bit 8 of a kick's, call's or error's number: no descriptor comes with it. */
    int NO_DESCRIPTOR = 0x100;

    /** The first twelve bytes. */
    record Header(int request, boolean needsReply, int size) {

        /** Throws {@link ErrnoException} EPROTO for what no front end says. */
        static Header decode(byte[] bytes) {
            try {
                WireReader in = new WireReader(bytes);
                int request = in.u32();
                int flags = in.u32();
                int size = in.u32();
                if ((flags & ~NEED_REPLY) != VERSION || size < 0 || size > MAX_PAYLOAD) {
                    throw protocol("request " + request + " with flags 0x" + Integer.toHexString(flags) + " and size "
                            + Integer.toUnsignedString(size));
                }
                return new Header(request, (flags & NEED_REPLY) != 0, size);
            } catch (MalformedMessageException e) {
                throw protocol("a header: " + e.getMessage());
            }
        }

        /**
         * A message that begins with a header of its own.
         *
         * @param size bytes after the header
         */
        static WireWriter begin(int request, int flags, int size) {
            return new WireWriter(HEADER_BYTES + size).u32(request).u32(flags).u32(size);
        }
    }

    /**
     * A region of guest memory.
     *
     * @param address the guest's
     * @param userAddress the front end's own
     * @param offset bytes into the memory that the descriptor means
     */
    record Region(long address, long size, long userAddress, long offset) {}

    record GetFeatures() implements VhostUserRequest {}

    record SetFeatures(long features) implements VhostUserRequest {}

    record SetOwner() implements VhostUserRequest {}

    /** Also RESET_OWNER, with which QEMU 7.2 to 8.1 resets a back end that has no RESET_DEVICE. */
    record ResetDevice() implements VhostUserRequest {}

    record SetMemoryTable(List<Region> regions) implements VhostUserRequest {}

    record AddRegion(Region region) implements VhostUserRequest {}

    record RemoveRegion(Region region) implements VhostUserRequest {}

    record GetMaxRegions() implements VhostUserRequest {}

    record SetSize(int queue, int size) implements VhostUserRequest {}

    /** Addresses are the front end's own. */
    record SetAddresses(int queue, long descriptors, long used, long available) implements VhostUserRequest {}

    record SetBase(int queue, int base) implements VhostUserRequest {}

    record GetBase(int queue) implements VhostUserRequest {}

    record SetEvent(Event event, int queue, boolean withDescriptor) implements VhostUserRequest {}

    record SetEnabled(int queue, boolean enabled) implements VhostUserRequest {}

    record GetProtocolFeatures() implements VhostUserRequest {}

    record SetProtocolFeatures(long features) implements VhostUserRequest {}

    record GetQueueCount() implements VhostUserRequest {}

    record SetBackendChannel() implements VhostUserRequest {}

    /** @param payload bytes of the whole payload, which the answer has too */
    record GetConfig(int offset, int size, int payload) implements VhostUserRequest {}

    record SetConfig(int offset, byte[] bytes) implements VhostUserRequest {}

    record SetDisplaySocket() implements VhostUserRequest {}

    /** @param payload bytes; QEMU's front end forgets the UUID and sends none */
    record GetSharedObject(UUID uuid, int payload) implements VhostUserRequest {}

    /** One that needs a feature which this back end does not have. */
    record Unsupported(int request) implements VhostUserRequest {}

    /** What SetEvent sets. */
    enum Event {
        KICK,
        CALL,
        ERROR
    }

    /** Descriptors that such a message comes with. */
    default int descriptorCount() {
        return switch (this) {
            case SetMemoryTable(var regions) -> regions.size();
            case SetEvent(Event _, int _, boolean withDescriptor) -> withDescriptor ? 1 : 0;
            case AddRegion _, SetBackendChannel _, SetDisplaySocket _ -> 1;
            default -> 0;
        };
    }

    /**
     * The request, whole.
     *
     * @throws ErrnoException EPROTO for bytes that are not what the number says
     */
    static VhostUserRequest decode(int request, byte[] payload) {
        try {
            WireReader in = new WireReader(payload);
            VhostUserRequest decoded = decode(request, in, payload);
            if (in.remaining() > 0 && !(decoded instanceof Unsupported)) {
                throw protocol("request " + request + " with " + in.remaining() + " bytes too many");
            }
            return decoded;
        } catch (MalformedMessageException e) {
            throw protocol("request " + request + ": " + e.getMessage());
        }
    }

    private static VhostUserRequest decode(int request, WireReader in, byte[] payload)
            throws MalformedMessageException {
        return switch (request) {
            case 1 -> new GetFeatures();
            case 2 -> new SetFeatures(in.u64());
            case 3 -> new SetOwner();
            case 4, 34 -> new ResetDevice();
            case 5 -> table(in);
            case 8 -> new SetSize(in.u32(), in.u32());
            case 9 -> addresses(in);
            case 10 -> new SetBase(in.u32(), in.u32());
            case 11 -> base(in);
            case 12 -> event(Event.KICK, in);
            case 13 -> event(Event.CALL, in);
            case 14 -> event(Event.ERROR, in);
            case 15 -> new GetProtocolFeatures();
            case 16 -> new SetProtocolFeatures(in.u64());
            case 17 -> new GetQueueCount();
            case 18 -> new SetEnabled(in.u32(), in.u32() != 0);
            case 21 -> backendChannel(in);
            case 24 -> getConfig(in, payload.length);
            case 25 -> setConfig(in);
            case 33 -> new SetDisplaySocket();
            case 36 -> new GetMaxRegions();
            case 37 -> new AddRegion(region(in.skip(Long.BYTES)));
            case 38 -> new RemoveRegion(region(in.skip(Long.BYTES)));
            case 41 -> sharedObject(in, payload.length);
            default -> new Unsupported(request);
        };
    }

    private static SetMemoryTable table(WireReader in) throws MalformedMessageException {
        int count = in.u32();
        if (count < 0 || count > MAX_REGIONS) {
            throw protocol("a memory table of " + Integer.toUnsignedString(count) + " regions");
        }
        in.skip(Integer.BYTES);
        List<Region> regions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            regions.add(region(in));
        }
        // User Mode Linux sends a table of two, whatever it has.
        in.skip((int) in.remaining());
        return new SetMemoryTable(List.copyOf(regions));
    }

    private static Region region(WireReader in) throws MalformedMessageException {
        return new Region(in.u64(), in.u64(), in.u64(), in.u64());
    }

    private static SetAddresses addresses(WireReader in) throws MalformedMessageException {
        int queue = in.u32();
        // Flags: bit 0 asks for a log of dirty pages, which is LOG_SHMFD's.
        in.skip(Integer.BYTES);
        SetAddresses addresses = new SetAddresses(queue, in.u64(), in.u64(), in.u64());
        in.skip(Long.BYTES);
        return addresses;
    }

    private static GetBase base(WireReader in) throws MalformedMessageException {
        GetBase base = new GetBase(in.u32());
        in.skip(Integer.BYTES);
        return base;
    }

    private static SetEvent event(Event event, WireReader in) throws MalformedMessageException {
        long value = in.u64();
        return new SetEvent(event, (int) (value & 0xff), (value & NO_DESCRIPTOR) == 0);
    }

    private static GetConfig getConfig(WireReader in, int payload) throws MalformedMessageException {
        GetConfig read = new GetConfig(in.u32(), in.u32(), payload);
        // Flags, and room for the answer.
        in.skip(Integer.BYTES);
        in.skip((int) in.remaining());
        return read;
    }

    private static SetConfig setConfig(WireReader in) throws MalformedMessageException {
        int offset = in.u32();
        int size = in.u32();
        // Flags: 0 a driver's write, 1 a migration's.
        in.skip(Integer.BYTES);
        if (size < 0 || size > MAX_CONFIG || size != in.remaining()) {
            throw protocol("a configuration space of " + size + " bytes in " + in.remaining());
        }
        return new SetConfig(offset, in.bytes(size));
    }

    /** User Mode Linux sends eight bytes with it, others none. */
    private static SetBackendChannel backendChannel(WireReader in) throws MalformedMessageException {
        in.skip((int) in.remaining());
        return new SetBackendChannel();
    }

    private static GetSharedObject sharedObject(WireReader in, int payload) throws MalformedMessageException {
        return new GetSharedObject(payload == 0 ? new UUID(0, 0) : in.uuid(), payload);
    }

    private static ErrnoException protocol(String message) {
        return new ErrnoException(Errno.EPROTO, message);
    }
}
