package dev.crossdev.service.house;

import dev.crossdev.dmabuf.ViolationCounter;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.service.log.DeviceLog;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.timing.Answered;
import dev.crossdev.virtio.timing.DeviceEdge;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.FaultPlan;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts a device of the type together with its memory, its edge and its listeners. */
final class DeviceMaker<C, R, E> {

    private static final DeviceLog LOG = DeviceLog.of(DeviceMaker.class);

    private final DeviceType<C, R, E> type;
    private final CommandListener commands;
    private final Violations violations;
    private final DeviceChanges changes;

    DeviceMaker(DeviceType<C, R, E> type, CommandListener commands, Violations violations, DeviceChanges changes) {
        this.type = type;
        this.commands = commands;
        this.violations = violations;
        this.changes = changes;
    }

    DeviceType<C, R, E> type() {
        return type;
    }

    DeviceInstance<C, R, E> make(DeviceKey key, Features features, Optional<MemorySource> source) {
        GrantedMemory memory =
                source.isPresent() ? source.get().open() : new GrantedMemory(new NoGuestMemory(), () -> {});
        try {
            return make(key, features, memory);
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    private DeviceInstance<C, R, E> make(DeviceKey key, Features features, GrantedMemory memory) {
        // A device may have something to say before it has its place; nobody listens yet.
        AtomicReference<DeviceInstance<C, R, E>> place = new AtomicReference<>();
        ViolationCounter counter = new ViolationCounter();
        HostedDevice<C, R> hosted = type.create(new DeviceContext<>(
                key.guest(),
                key.device(),
                features,
                memory.memory(),
                event -> told(place, instance -> instance.event(event)),
                () -> told(place, DeviceInstance::configChanged),
                (kind, detail) -> {
                    counter.report(kind, detail);
                    violations.report(kind, detail);
                    LOG.warn(
                            "violation",
                            key,
                            "against the protocol: " + kind.name().toLowerCase(Locale.ROOT) + ": " + detail);
                    told(place, DeviceInstance::changed);
                }));
        DeviceFacts<C, R> facts =
                new DeviceFacts<>(key, features, memory, hosted, new CommandStatistics(), counter, Instant.now());
        DeviceEdge<C, R> edge = new DeviceEdge<>(
                key.toString(),
                hosted.device(),
                type.faultyResponses(),
                DeviceTiming.NONE,
                new FaultPlan(() -> told(place, DeviceInstance::changed)),
                key.hashCode());
        DeviceInstance<C, R, E> instance = new DeviceInstance<>(
                facts, edge, new DeviceOutput<>(facts, new Listener(facts), type.wireForm()), changes);
        edge.onDisconnect(instance::dropConnection);
        place.set(instance);
        return instance;
    }

    /** Says in names what one device's commands and answers were. */
    private final class Listener implements AnswerListener<C, R> {

        private final DeviceFacts<C, R> facts;

        Listener(DeviceFacts<C, R> facts) {
            this.facts = facts;
        }

        @Override
        public @Nullable CommandTrace taken(C command, CommandOrigin origin) {
            return commands.taken(facts.key(), type.faultyResponses().nameOf(command), origin);
        }

        @Override
        public void answered(
                C command, CommandOrigin origin, Answered<R> answered, long nanos, @Nullable CommandTrace trace) {
            String name = type.faultyResponses().nameOf(command);
            String result = type.responseName(answered.response());
            facts.statistics().count(name);
            if (type.isError(answered.response())) {
                LOG.refused(facts.key(), origin.sequence(), name, type.inWords(answered.response()), "");
            }
            RegistrationAnswer registration = type.registrationIn(command, answered.response());
            if (trace == null) {
                commands.answered(name, result, nanos);
            } else {
                trace.answered(
                        result, registration, answered.answeredNanos(), () -> commands.answered(name, result, nanos));
            }
            if (type.isFrame(command, answered.response())) {
                commands.framePassed();
            }
            if (registration != null) {
                commands.registered(facts.key(), registration, answered.receivedNanos(), answered.answeredNanos());
            }
        }
    }

    private static <I> void told(AtomicReference<I> place, Consumer<? super I> what) {
        I instance = place.get();
        if (instance != null) {
            what.accept(instance);
        }
    }
}
