package dev.crossdev.service.binding;

import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.ExecuteDialect;
import dev.crossdev.grpc.dialect.ServerDialect;
import dev.crossdev.grpc.dialect.ServiceInfo;
import dev.crossdev.service.ServiceIdentity;
import dev.crossdev.service.ServiceSettings;
import dev.crossdev.service.door.DoorLimits;
import dev.crossdev.service.door.ExecuteDoor;
import dev.crossdev.service.door.StreamDoor;
import dev.crossdev.service.house.CommandListener;
import dev.crossdev.service.house.DeviceClaims;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceType;
import dev.crossdev.service.house.HouseLimits;
import dev.crossdev.service.memory.GuestMemories;
import dev.crossdev.service.metrics.CommandMeter;
import dev.crossdev.service.metrics.HouseMeters;
import dev.crossdev.service.metrics.ViolationMeter;
import dev.crossdev.service.registration.RegistrationLog;
import dev.crossdev.service.trace.CommandSpans;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.Latency;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Builds, for a device type, the parts that every service has. */
@Singleton
public final class Hosting {

    /** Enough to keep a pipelining client going without a round trip's pause. */
    private static final int PREFETCH = 64;

    private static final int BACKLOG_MARK = 256;
    private static final int BACKLOG_LIMIT = 16_384;

    private final ServiceSettings settings;
    private final ServiceIdentity identity;
    private final GuestMemories memories;
    private final MeterRegistry registry;
    private final CommandSpans spans;
    private final RegistrationLog registrations;

    Hosting(
            ServiceSettings settings,
            ServiceIdentity identity,
            GuestMemories memories,
            MeterRegistry registry,
            CommandSpans spans,
            RegistrationLog registrations) {
        this.registrations = registrations;
        this.settings = settings;
        this.identity = identity;
        this.memories = memories;
        this.registry = registry;
        this.spans = spans;
    }

    /** A house whose devices no other instance can have. */
    public <C, R, E> DeviceHouse<C, R, E> house(DeviceType<C, R, E> type) {
        return house(type, DeviceClaims.NONE);
    }

    /** The house, with its meters and the timing and faults that devices have from the start. To be made a bean. */
    public <C, R, E> DeviceHouse<C, R, E> house(DeviceType<C, R, E> type, DeviceClaims claims) {
        CommandListener commands =
                new AnswersSeen(type.name(), new CommandMeter(registry, type.name()), spans, registrations);
        DeviceHouse<C, R, E> house = new DeviceHouse<>(
                type,
                new HouseLimits(
                        settings.devices().max(),
                        settings.devices().maxPerGuest(),
                        settings.devices().maxLease()),
                commands,
                new ViolationMeter(registry),
                claims);
        house.knobs()
                .setTiming(
                        Optional.empty(),
                        new DeviceTiming(
                                latency(settings.timing().transit()),
                                latency(settings.timing().service())));
        settings.faults()
                .orElse(List.of())
                .forEach(fault -> house.knobs().inject(Optional.empty(), Fault.parse(fault)));
        new HouseMeters(house).bindTo(registry);
        return house;
    }

    /**
     * @param dialects a dialect for each stream; one that keeps nothing may be the same for all
     */
    public <C, R, E, Q, A> StreamDoor<C, R, E, Q, A> stream(
            DeviceHouse<C, R, E> house, Supplier<? extends ServerDialect<C, R, E, Q, A>> dialects) {
        DoorLimits limits = new DoorLimits(
                PREFETCH,
                BACKLOG_MARK,
                BACKLOG_LIMIT,
                settings.devices().maxPending(),
                settings.devices().halfCloseGrace());
        return new StreamDoor<>(house, memories, limits, dialects);
    }

    public <C, R, E, Q, A> ExecuteDoor<C, R, E, Q, A> execute(
            DeviceHouse<C, R, E> house, ExecuteDialect<C, R, E, Q, A> dialect) {
        return new ExecuteDoor<>(house, memories, dialect);
    }

    /** What {@code Describe} answers. */
    public ServiceInfo describe(DeviceType<?, ?, ?> type) {
        return new ServiceInfo(
                identity.version(),
                Optional.of(identity.descriptorSocket()),
                BootId.local(),
                type.offered(),
                List.of(type.offered().describe(type.featureNames()).split(",")),
                identity.instance());
    }

    private static Latency latency(Optional<String> text) {
        return text.map(Latency::parse).orElse(Latency.ZERO);
    }
}
