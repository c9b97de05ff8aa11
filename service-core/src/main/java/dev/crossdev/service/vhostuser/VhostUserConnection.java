package dev.crossdev.service.vhostuser;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.service.virtqueue.GuestDevice;
import dev.crossdev.service.virtqueue.GuestDeviceListener;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.TransportFeature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One front end's conversation with its device, from the connection to its end, on one platform thread: messages and kicks
 * come in the order in which they were made, and rings are served where their memory is changed.
 *
 * <p>What cannot be done is answered with an errno where the front end asks for an answer; else the connection ends, since
 * there is no other way to say it. What no front end says ends it in any case.
 */
final class VhostUserConnection implements GuestDeviceListener, SharedObjects.Listener, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(VhostUserConnection.class.getName());

    /** How long the front end may take over a message. */
    private static final Duration STALL = Duration.ofSeconds(10);

    private final DescriptorStream stream;
    private final VhostUserDevice place;
    private final MachineMemory memory;
    private final GuestDevice<?, ?, ?> device;
    private final VringSet rings;
    /** The same, once it is there. */
    private volatile @Nullable VringSet told;

    private long protocolFeatures;
    private volatile @Nullable BackendChannel backend;
    private Runnable endOfWatch = () -> {};
    private volatile @Nullable DisplaySocket display;

    /**
     * Plugs the device.
     *
     * @param stream stays the caller's
     * @throws ErrnoException as {@link dev.crossdev.service.virtqueue.VirtqueueDoor#plug}
     */
    VhostUserConnection(DescriptorStream stream, VhostUserDevice place) {
        this.stream = stream;
        this.place = place;
        this.memory = new MachineMemory(place.key(), place.mostMemory());
        this.device = place.door().plug(place.key(), place.offered(), memory.ram(), this);
        this.rings = new VringSet(device, memory, stream);
        this.told = rings;
    }

    /**
     * Serves the front end until it goes away or somebody hangs up.
     *
     * @throws ErrnoException EPROTO for what no front end says; ETIMEDOUT, ECONNRESET when it stops in the middle; the errno
     *     of what could not be done and was to be done without an answer
     */
    void serve() {
        while (true) {
            if (rings.serveUnfinished()) {
                continue;
            }
            Optional<DescriptorStream.Message> begun = stream.read(VhostUserRequest.HEADER_BYTES);
            if (begun.isEmpty()) {
                return;
            }
            handle(begun.get());
        }
    }

    private void handle(DescriptorStream.Message begun) {
        List<Integer> descriptors = new ArrayList<>(begun.descriptors());
        try {
            VhostUserRequest.Header header = VhostUserRequest.Header.decode(begun.bytes());
            byte[] payload = header.size() == 0 ? new byte[0] : stream.readRest(header.size());
            VhostUserRequest request = VhostUserRequest.decode(header.request(), payload);
            boolean mayHaveOne =
                    request instanceof VhostUserRequest.RemoveRegion || request instanceof VhostUserRequest.Unsupported;
            if (descriptors.size() != request.descriptorCount() && !mayHaveOne) {
                throw new ErrnoException(
                        Errno.EPROTO, descriptors.size() + " descriptors with request " + header.request());
            }
            handle(header, request, descriptors);
        } finally {
            DescriptorStream.drop(descriptors);
        }
    }

    private void handle(VhostUserRequest.Header header, VhostUserRequest request, List<Integer> descriptors) {
        // Also of the message that brings REPLY_ACK, as User Mode Linux asks for it and libvhost-user gives it.
        boolean acknowledged = header.needsReply();
        Optional<Answer> answer;
        try {
            answer = answer(header.request(), request);
            if (answer.isEmpty()) {
                execute(request, descriptors);
            }
        } catch (ErrnoException e) {
            if (!acknowledged || e.errno() == Errno.ENODEV) {
                throw e;
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    "device {0}: request {1} of its front end failed: {2}",
                    place.key(),
                    header.request(),
                    e.getMessage());
            stream.write(VhostUserReply.number(header.request(), e.errno().number()));
            return;
        }
        if (answer.isPresent()) {
            answer.get().write(stream);
        } else if (acknowledged) {
            stream.write(VhostUserReply.number(header.request(), 0));
        }
    }

    /** An answer, and memory that goes with it. */
    private record Answer(byte[] bytes, Optional<SharedMemory.Hold> memory) {

        void write(DescriptorStream stream) {
            if (memory.isEmpty()) {
                stream.write(bytes);
                return;
            }
            try (SharedMemory.Hold hold = memory.get()) {
                stream.write(bytes, hold.descriptor());
            }
        }
    }

    /** Of requests that have an answer of their own; empty for others. */
    private Optional<Answer> answer(int number, VhostUserRequest request) {
        return switch (request) {
            case VhostUserRequest.GetFeatures() ->
                answer(VhostUserReply.number(number, device.offered().bits() | 1L << ProtocolFeature.VIRTIO_BIT));
            case VhostUserRequest.GetProtocolFeatures() -> answer(VhostUserReply.number(number, ProtocolFeature.all()));
            case VhostUserRequest.GetQueueCount() -> answer(VhostUserReply.number(number, device.queues()));
            case VhostUserRequest.GetMaxRegions() -> answer(VhostUserReply.number(number, MachineMemory.MAX_REGIONS));
            case VhostUserRequest.GetBase(int queue) -> answer(VhostUserReply.ring(number, queue, rings.stop(queue)));
            case VhostUserRequest.GetConfig asked -> answer(VhostUserReply.config(number, asked, device.config()));
            case VhostUserRequest.GetSharedObject asked ->
                Optional.of(new Answer(
                        VhostUserReply.sharedObject(number, asked),
                        place.objects().memory(place.key(), asked.uuid())));
            default -> Optional.empty();
        };
    }

    private static Optional<Answer> answer(byte[] bytes) {
        return Optional.of(new Answer(bytes, Optional.empty()));
    }

    private void execute(VhostUserRequest request, List<Integer> descriptors) {
        switch (request) {
            case VhostUserRequest.SetOwner() -> LOG.log(System.Logger.Level.DEBUG, "{0} has an owner", place.key());
            case VhostUserRequest.SetFeatures(long features) -> accept(features);
            case VhostUserRequest.SetProtocolFeatures(long features) -> {
                if ((features & ~ProtocolFeature.all()) != 0) {
                    throw new ErrnoException(
                            Errno.EINVAL, "protocol features 0x" + Long.toHexString(features) + " are not offered");
                }
                protocolFeatures = features;
                watchObjects();
            }
            case VhostUserRequest.ResetDevice() -> {
                rings.forget();
                device.reset();
                answered();
            }
            case VhostUserRequest.SetMemoryTable(var regions) -> {
                memory.replace(regions, descriptors);
                device.memoryChanged();
            }
            case VhostUserRequest.AddRegion(var region) -> {
                memory.add(region, descriptors);
                device.memoryChanged();
            }
            case VhostUserRequest.RemoveRegion(var region) -> {
                memory.remove(region);
                device.memoryChanged();
            }
            case VhostUserRequest.SetSize(int queue, int size) -> rings.size(queue, size);
            case VhostUserRequest.SetAddresses addresses -> rings.addresses(addresses);
            case VhostUserRequest.SetBase(int queue, int base) -> rings.base(queue, base);
            case VhostUserRequest.SetEnabled(int queue, boolean enabled) -> rings.enable(queue, enabled);
            case VhostUserRequest.SetEvent event -> rings.event(event, descriptors);
            case VhostUserRequest.SetConfig(int offset, byte[] bytes) -> device.writeConfig(offset, bytes);
            case VhostUserRequest.SetBackendChannel() -> backendChannel(descriptors);
            case VhostUserRequest.SetDisplaySocket() -> {
                closeDisplay();
                display = new DisplaySocket(
                        DescriptorStream.adopt(descriptors.removeFirst(), STALL),
                        "vhost-user-" + place.key().device() + "-display",
                        device::inspect);
            }
            case VhostUserRequest.Unsupported(int number) ->
                throw new ErrnoException(
                        Errno.EOPNOTSUPP, "request " + number + " is of a feature that is not offered");
            default -> throw new IllegalStateException("answered before: " + request);
        }
    }

    /**
     * QEMU offers its guest rings' features of its own and passes on what the guest took (see vhost-user-gpu.c), so bits that
     * were not offered here are passed over, but for the one that would change the rings' form.
     */
    private void accept(long bits) {
        Features wanted = new Features(bits);
        if (wanted.has(TransportFeature.RING_PACKED)) {
            throw new ErrnoException(Errno.EINVAL, "packed rings are not offered");
        }
        rings.suspend();
        device.accept(wanted.and(device.offered()));
        rings.resume(!wanted.has(ProtocolFeature.VIRTIO_BIT));
    }

    private void backendChannel(List<Integer> descriptors) {
        BackendChannel before = backend;
        backend = new BackendChannel(
                DescriptorStream.adopt(descriptors.removeFirst(), STALL),
                "vhost-user-" + place.key().device() + "-backend");
        if (before != null) {
            before.close();
        }
        watchObjects();
    }

    private void watchObjects() {
        endOfWatch.run();
        endOfWatch = backend != null && ProtocolFeature.SHARED_OBJECT.isIn(protocolFeatures)
                ? place.objects().watch(place.key(), this)
                : () -> {};
    }

    @Override
    public void added(UUID uuid) {
        BackendChannel channel = backend;
        if (channel != null) {
            channel.objectAdded(uuid);
        }
    }

    @Override
    public void removed(UUID uuid) {
        BackendChannel channel = backend;
        if (channel != null) {
            channel.objectRemoved(uuid);
        }
    }

    @Override
    public void configChanged() {
        BackendChannel channel = backend;
        if (channel != null) {
            channel.configChanged();
        }
    }

    @Override
    public void answered() {
        DisplaySocket showing = display;
        if (showing != null) {
            showing.changed();
        }
    }

    /** A front end has no other ear for this than its rings' error events. */
    @Override
    public void needsReset(String reason) {
        VringSet broken = told;
        if (broken != null) {
            broken.signalErrors();
        }
    }

    @Override
    public void unplugged(String reason) {
        LOG.log(System.Logger.Level.INFO, "hangs up on the front end of {0}: {1}", place.key(), reason);
        stream.hangUp();
    }

    private void closeDisplay() {
        DisplaySocket showing = display;
        display = null;
        if (showing != null) {
            showing.close();
        }
    }

    /** Unplugs the device; waits for it, never without end. */
    @Override
    public void close() {
        endOfWatch.run();
        device.close();
        rings.close();
        BackendChannel channel = backend;
        if (channel != null) {
            channel.close();
        }
        closeDisplay();
        memory.close();
    }
}
