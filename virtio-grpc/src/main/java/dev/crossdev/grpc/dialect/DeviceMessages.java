package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.device.v1.ConfigContent;
import dev.crossdev.proto.device.v1.ConfigRead;
import dev.crossdev.proto.device.v1.ConfigWrite;
import dev.crossdev.proto.device.v1.DeviceEvent;
import dev.crossdev.proto.device.v1.DeviceReset;
import dev.crossdev.proto.device.v1.DeviceTimes;
import dev.crossdev.proto.device.v1.DeviceUnplugged;
import dev.crossdev.proto.device.v1.GuestMemory;
import dev.crossdev.proto.device.v1.MemoryRead;
import dev.crossdev.proto.device.v1.MemoryWindow;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.device.v1.Opened;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code virtio.device.v1} as records and back. */
final class DeviceMessages {

    /** Longer ones are no lease but a leak. */
    private static final Duration MAX_LEASE = Duration.ofDays(1);

    /** Version 00 has 55 characters; a later version may have more (W3C Trace Context, 3.2.4). */
    private static final int MAX_TRACEPARENT = 128;

    /** What every participant has to carry at least (W3C Trace Context, 3.3.1.5). */
    private static final int MAX_TRACESTATE = 512;

    private DeviceMessages() {}

    static Open open(OpenStream open) {
        Open.Builder message = Open.newBuilder().setGuest(open.guest()).setDevice(open.device());
        open.features().ifPresent(features -> message.setFeatures(features.bits()));
        switch (open.memory()) {
            case StreamMemory.None() -> {}
            case StreamMemory.Descriptor(ByteString token, List<MemoryRegion> regions) ->
                message.setMemory(memory(regions).setDescriptorToken(token));
            case StreamMemory.Window(List<MemoryRegion> regions) ->
                message.setMemory(memory(regions).setWindow(MemoryWindow.getDefaultInstance()));
        }
        if (open.lease().isPositive()) {
            message.setLease(ProtoTimes.toProto(open.lease()));
        }
        return message.build();
    }

    private static GuestMemory.Builder memory(List<MemoryRegion> regions) {
        GuestMemory.Builder message = GuestMemory.newBuilder();
        for (MemoryRegion region : regions) {
            message.addRegions(dev.crossdev.proto.device.v1.MemoryRegion.newBuilder()
                    .setGuestAddress(region.address())
                    .setSize(region.size()));
        }
        return message;
    }

    static <C, R, M> Inbound<C, R, M> openOf(Open message) {
        try {
            return new Inbound.Open<>(new OpenStream(
                    Names.guest(message.getGuest()),
                    Names.device(message.getDevice()),
                    message.hasFeatures() ? Optional.of(new Features(message.getFeatures())) : Optional.empty(),
                    message.hasMemory() ? memoryOf(message.getMemory()) : new StreamMemory.None(),
                    leaseOf(message.getLease())));
        } catch (ErrnoException e) {
            return new Inbound.Refused<>(e);
        }
    }

    private static StreamMemory memoryOf(GuestMemory message) {
        List<MemoryRegion> regions = regionsOf(message);
        return switch (message.getBackingCase()) {
            case DESCRIPTOR_TOKEN -> {
                if (message.getDescriptorToken().size() != Uuids.BYTES) {
                    throw new ErrnoException(
                            Errno.EINVAL,
                            "a descriptor token has 16 bytes, not "
                                    + message.getDescriptorToken().size());
                }
                yield new StreamMemory.Descriptor(message.getDescriptorToken(), regions);
            }
            case WINDOW -> new StreamMemory.Window(regions);
            case BACKING_NOT_SET -> throw new ErrnoException(Errno.EINVAL, "guest memory without a backing");
        };
    }

    private static List<MemoryRegion> regionsOf(GuestMemory message) {
        try {
            return message.getRegionsList().stream()
                    .map(region -> new MemoryRegion(region.getGuestAddress(), region.getSize()))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new ErrnoException(Errno.EINVAL, "guest memory: " + e.getMessage(), e);
        }
    }

    /** @throws ErrnoException EINVAL for a negative or endless one */
    static Duration leaseOf(com.google.protobuf.Duration message) {
        Duration lease = ProtoTimes.fromProto(message);
        if (lease.isNegative() || lease.compareTo(MAX_LEASE) > 0) {
            throw new ErrnoException(Errno.EINVAL, "a lease is between nothing and a day, not " + lease);
        }
        return lease;
    }

    static Optional<Duration> executeLeaseOf(boolean present, com.google.protobuf.Duration message) {
        return present ? Optional.of(leaseOf(message)) : Optional.empty();
    }

    static <C, R, A> ExecuteCall.Operation<C, R, A> operation(MemoryWrite message) {
        return new ExecuteCall.Operation.MemoryWrite<>(message.getAddress(), message.getData());
    }

    /** @throws ErrnoException EINVAL when too much is asked for */
    static <C, R, A> ExecuteCall.Operation<C, R, A> operation(MemoryRead message) {
        if (message.getLength() < 0 || message.getLength() > ExecuteDialect.MAX_READ) {
            throw new ErrnoException(
                    Errno.EINVAL, "at most " + ExecuteDialect.MAX_READ + " bytes of memory can be read at a time");
        }
        return new ExecuteCall.Operation.MemoryRead<>(message.getAddress(), message.getLength());
    }

    static ErrnoException noOperation() {
        return new ErrnoException(Errno.EINVAL, "nothing to do: neither a command nor a memory access");
    }

    static Opened opened(StreamOpened opened) {
        return Opened.newBuilder()
                .setFeatures(opened.features().bits())
                .setConfig(opened.config())
                .setEpoch(opened.epoch())
                .setBootId(opened.bootId().bytes())
                .build();
    }

    static <R, E> Outbound<R, E> openedOf(Opened message) {
        return new Outbound.Opened<>(new StreamOpened(
                new Features(message.getFeatures()),
                message.getConfig(),
                message.getEpoch(),
                BootId.of(message.getBootId())));
    }

    static MemoryWrite memoryWrite(long address, ByteString data) {
        return MemoryWrite.newBuilder().setAddress(address).setData(data).build();
    }

    static <C, R, M> Inbound<C, R, M> inbound(MemoryWrite message) {
        return new Inbound.MemoryWrite<>(message.getAddress(), message.getData());
    }

    static <R, E> Outbound<R, E> outbound(MemoryWrite message) {
        return new Outbound.MemoryWrite<>(message.getAddress(), message.getData());
    }

    static <C, R, M> Inbound<C, R, M> inbound(ConfigRead message) {
        return message.getOffset() < 0 || message.getLength() < 0
                ? refused("no configuration space is that large")
                : new Inbound.ConfigRead<>(message.getOffset(), message.getLength());
    }

    static <C, R, M> Inbound<C, R, M> inbound(ConfigWrite message) {
        return message.getOffset() < 0
                ? refused("no configuration space is that large")
                : new Inbound.ConfigWrite<>(message.getOffset(), message.getData());
    }

    /** For a message of no kind that this side knows. */
    static <C, R, M> Inbound<C, R, M> unknownRequest() {
        return refused("a request of no known kind");
    }

    static <C, R, M> Inbound<C, R, M> refused(String why) {
        return new Inbound.Refused<>(new ErrnoException(Errno.EINVAL, why));
    }

    static ConfigContent config(int offset, ByteString data) {
        return ConfigContent.newBuilder().setOffset(offset).setData(data).build();
    }

    static <R, E> Outbound<R, E> configOf(ConfigContent message) {
        return new Outbound.Config<>(message.getOffset(), message.getData());
    }

    static DeviceEvent notice(DeviceNotice notice) {
        DeviceEvent.Builder message = DeviceEvent.newBuilder();
        switch (notice) {
            case DeviceNotice.Reset(long epoch) ->
                message.setReset(DeviceReset.newBuilder().setEpoch(epoch));
            case DeviceNotice.ConfigChanged(int offset, ByteString data) ->
                message.setConfigChanged(config(offset, data));
            case DeviceNotice.Unplugged(String reason) ->
                message.setUnplugged(DeviceUnplugged.newBuilder().setReason(reason));
        }
        return message.build();
    }

    static <R, E> Outbound<R, E> noticeOf(DeviceEvent message) {
        return switch (message.getEventCase()) {
            case RESET ->
                new Outbound.Notice<>(new DeviceNotice.Reset(message.getReset().getEpoch()));
            case CONFIG_CHANGED ->
                new Outbound.Notice<>(new DeviceNotice.ConfigChanged(
                        message.getConfigChanged().getOffset(),
                        message.getConfigChanged().getData()));
            case UNPLUGGED ->
                new Outbound.Notice<>(
                        new DeviceNotice.Unplugged(message.getUnplugged().getReason()));
            case EVENT_NOT_SET -> new Outbound.Unknown<>("an event of no known kind");
        };
    }

    static DeviceTimes times(Times times) {
        return DeviceTimes.newBuilder()
                .setReceivedNanos(times.receivedNanos())
                .setAnsweredNanos(times.answeredNanos())
                .setBootId(times.bootId().bytes())
                .build();
    }

    static Times timesOf(DeviceTimes message) {
        return new Times(message.getReceivedNanos(), message.getAnsweredNanos(), BootId.of(message.getBootId()));
    }

    static dev.crossdev.proto.device.v1.TraceContext trace(TraceContext trace) {
        return dev.crossdev.proto.device.v1.TraceContext.newBuilder()
                .setTraceparent(trace.traceparent())
                .setTracestate(trace.tracestate())
                .build();
    }

    /** What is longer than a well-formed one can be is none: nobody has to parse it. */
    static TraceContext traceOf(dev.crossdev.proto.device.v1.TraceContext message) {
        String traceparent = message.getTraceparent();
        String tracestate = message.getTracestate();
        return traceparent.isEmpty() || traceparent.length() > MAX_TRACEPARENT || tracestate.length() > MAX_TRACESTATE
                ? TraceContext.NONE
                : new TraceContext(traceparent, tracestate);
    }
}
