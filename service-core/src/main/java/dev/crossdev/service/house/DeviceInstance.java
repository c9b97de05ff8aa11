package dev.crossdev.service.house;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.capture.WireForm;
import dev.crossdev.virtio.timing.Answered;
import dev.crossdev.virtio.timing.DeviceEdge;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One device in the house: at most one owner, commands in order, epochs.
 *
 * <p>Two locks keep two orders. {@code intake} orders commands against reset and unplug, as a device demands; it is held
 * while the device takes a command, never while anything waits. {@code delivery} orders what the owner sees: an answer is
 * handed on only while its epoch lasts, so nothing older follows a reset's message.
 */
final class DeviceInstance<C, R, E> {

    /** Events kept for those who come by with single commands; the oldest go first. */
    private static final int MAX_KEPT_EVENTS = 256;

    private enum State {
        LIVE,
        RESETTING,
        GONE
    }

    private final DeviceFacts<C, R> facts;
    private final DeviceEdge<C, R> edge;
    private final AnswerListener<C, R> answers;
    private final DeviceTaps<C, R, E> taps;

    private final ReentrantLock intake = new ReentrantLock();
    private State state = State.LIVE;

    private final ReentrantLock delivery = new ReentrantLock();
    private final Set<CompletableFuture<Answered<R>>> executions = new HashSet<>();
    private final Deque<E> keptEvents = new ArrayDeque<>();
    private @Nullable DeviceSession<C, R, E> owner;
    /** No owner is told anything: the device is being reset, or is gone. */
    private boolean silent;

    private boolean gone;
    /** Written under {@code delivery}. */
    private volatile long epoch;

    /** Written by the house, under its own lock. */
    private volatile @Nullable Lease lease;

    /** Held while the device is reset or closed, which may take its time; taken while no other is held. */
    private final ReentrantLock upheaval = new ReentrantLock();

    DeviceInstance(
            DeviceFacts<C, R> facts, DeviceEdge<C, R> edge, AnswerListener<C, R> answers, WireForm<C, R, E> wire) {
        this.facts = facts;
        this.edge = edge;
        this.answers = answers;
        this.taps = new DeviceTaps<>(wire, facts.memory());
    }

    DeviceFacts<C, R> facts() {
        return facts;
    }

    DeviceEdge<C, R> edge() {
        return edge;
    }

    byte[] config() {
        return facts.hosted().device().config();
    }

    /** False when somebody owns the device already or it takes nobody. Tells the new owner, and first of all. */
    boolean takeUp(DeviceSession<C, R, E> session) {
        delivery.lock();
        try {
            if (owner != null || silent) {
                return false;
            }
            owner = session;
            session.listener().opened(facts.features(), config(), epoch);
            while (!keptEvents.isEmpty()) {
                session.listener().event(keptEvents.remove());
            }
            return true;
        } finally {
            delivery.unlock();
        }
    }

    /** The owner lets go. */
    void letGo(DeviceSession<C, R, E> session) {
        delivery.lock();
        try {
            if (owner == session) {
                owner = null;
            }
        } finally {
            delivery.unlock();
        }
    }

    boolean isOwned() {
        delivery.lock();
        try {
            return owner != null;
        } finally {
            delivery.unlock();
        }
    }

    long epoch() {
        return epoch;
    }

    /** False when the device takes no command: it is being reset or is gone. */
    boolean submit(C command, CommandOrigin origin, Consumer<? super Answered<R>> done) {
        intake.lock();
        try {
            if (state != State.LIVE) {
                return false;
            }
            edge.submit(command, new Delivery(command, epoch, done, taps.submitted(command, origin)));
            return true;
        } finally {
            intake.unlock();
        }
    }

    /** For those who watch: an answer of which the device knows nothing. */
    void answeredAtDoor(CommandOrigin origin, R answer) {
        intake.lock();
        try {
            taps.answeredAtDoor(origin, answer);
        } finally {
            intake.unlock();
        }
    }

    /** False when the device is on its way out. */
    boolean watch(TapListener listener, Features offered, boolean withMemory) {
        intake.lock();
        delivery.lock();
        try {
            if (gone) {
                return false;
            }
            listener.attached(new TapListener.Subject(
                    facts.key(),
                    offered,
                    facts.features(),
                    Bytes.of(config()),
                    epoch,
                    facts.memory().regions()));
            taps.add(listener, withMemory);
            return true;
        } finally {
            delivery.unlock();
            intake.unlock();
        }
    }

    void unwatch(TapListener listener) {
        taps.remove(listener);
    }

    /** One command for somebody who owns nothing; fails with ENODEV when the device goes away before its answer. */
    CompletableFuture<Answered<R>> execute(C command) {
        CompletableFuture<Answered<R>> answer = new CompletableFuture<>();
        delivery.lock();
        try {
            executions.add(answer);
        } finally {
            delivery.unlock();
        }
        if (!submit(command, CommandOrigin.MESSAGE, answer::complete)) {
            answer.completeExceptionally(gone("takes no command now"));
        }
        return answer.whenComplete((unused, failure) -> {
            delivery.lock();
            try {
                executions.remove(answer);
            } finally {
                delivery.unlock();
            }
        });
    }

    /** What happened since the last call while nobody owned the device, oldest first. */
    List<E> takeKeptEvents() {
        delivery.lock();
        try {
            List<E> events = List.copyOf(keptEvents);
            keptEvents.clear();
            return events;
        } finally {
            delivery.unlock();
        }
    }

    void writeConfig(int offset, byte[] bytes) {
        intake.lock();
        try {
            if (state == State.LIVE) {
                facts.hosted().device().writeConfig(offset, bytes);
            }
        } finally {
            intake.unlock();
        }
    }

    /** The device says something unasked: it goes the way that answers go. */
    void event(E event) {
        edge.announce(() -> deliver(event));
    }

    void configChanged() {
        edge.announce(this::deliverConfig);
    }

    private void deliver(E event) {
        delivery.lock();
        try {
            if (silent) {
                return;
            }
            taps.event(event);
            if (owner != null) {
                owner.listener().event(event);
            } else {
                if (keptEvents.size() == MAX_KEPT_EVENTS) {
                    keptEvents.remove();
                }
                keptEvents.add(event);
            }
        } finally {
            delivery.unlock();
        }
    }

    private void deliverConfig() {
        byte[] config = config();
        delivery.lock();
        try {
            if (silent) {
                return;
            }
            taps.configChanged(config);
            if (owner != null) {
                owner.listener().configChanged(config);
            }
        } finally {
            delivery.unlock();
        }
    }

    /** An injected fault. */
    void dropConnection() {
        delivery.lock();
        try {
            if (owner != null && !silent) {
                owner.listener().connectionDropped();
            }
        } finally {
            delivery.unlock();
        }
    }

    /**
     * A new epoch: nothing of the old one is left or will be answered. Waits for the device.
     *
     * @return the epoch that began
     * @throws DeviceGoneException when the device is on its way out or in another reset
     */
    long reset() {
        if (!leave(State.LIVE, State.RESETTING)) {
            throw gone("is being reset or is gone");
        }
        long began;
        List<CompletableFuture<Answered<R>>> failed;
        delivery.lock();
        try {
            silent = true;
            began = epoch + 1;
            epoch = began;
            keptEvents.clear();
            failed = List.copyOf(executions);
        } finally {
            delivery.unlock();
        }
        upheaval.lock();
        try {
            edge.reset();
        } finally {
            upheaval.unlock();
        }
        delivery.lock();
        try {
            silent = gone;
            if (!gone) {
                taps.reset(began);
            }
            if (owner != null && !gone) {
                owner.listener().reset(began);
            }
        } finally {
            delivery.unlock();
        }
        fail(failed, "was reset");
        // Not when an unplug came in between.
        leave(State.RESETTING, State.LIVE);
        return began;
    }

    /** Takes the device out of the world; waits for it. Only the first call does anything. */
    void unplug(String reason) {
        intake.lock();
        try {
            if (state == State.GONE) {
                return;
            }
            state = State.GONE;
        } finally {
            intake.unlock();
        }
        List<CompletableFuture<Answered<R>>> failed;
        delivery.lock();
        try {
            silent = true;
            gone = true;
            epoch = epoch + 1;
            failed = new ArrayList<>(executions);
            taps.unplugged(reason);
            if (owner != null) {
                owner.listener().unplugged(reason);
                owner = null;
            }
        } finally {
            delivery.unlock();
        }
        fail(failed, "is gone: " + reason);
        upheaval.lock();
        try {
            edge.close();
        } finally {
            upheaval.unlock();
        }
        facts.granted().close();
    }

    /** The house orders these. */
    void startLease(Lease started) {
        lease = started;
    }

    void endLease() {
        Lease ending = lease;
        lease = null;
        if (ending != null) {
            ending.cancel();
        }
    }

    Optional<Lease> lease() {
        return Optional.ofNullable(lease);
    }

    DeviceView view() {
        Map<String, Long> violations = new TreeMap<>();
        for (Violations.Kind kind : Violations.Kind.values()) {
            long count = facts.violations().count(kind);
            if (count > 0) {
                violations.put(kind.name().toLowerCase(Locale.ROOT), count);
            }
        }
        return new DeviceView(
                facts.key(),
                facts.features(),
                epoch,
                isOwned(),
                facts.createdAt(),
                lease().map(Lease::endsAt),
                facts.statistics().counts(),
                facts.hosted().inspection().usage(),
                edge.timing(),
                edge.faults().active(),
                violations);
    }

    private boolean leave(State from, State to) {
        intake.lock();
        try {
            if (state != from) {
                return false;
            }
            state = to;
            return true;
        } finally {
            intake.unlock();
        }
    }

    private void fail(List<CompletableFuture<Answered<R>>> pending, String why) {
        for (CompletableFuture<Answered<R>> each : pending) {
            each.completeExceptionally(gone(why));
        }
    }

    private DeviceGoneException gone(String why) {
        return new DeviceGoneException("device " + facts.key() + " " + why);
    }

    /** Where a command's answer comes back. */
    private final class Delivery implements Consumer<Answered<R>> {
        private final C command;
        private final long submittedIn;
        private final Consumer<? super Answered<R>> done;
        private final DeviceTaps<C, R, E>.@Nullable Exchange watched;

        Delivery(
                C command,
                long submittedIn,
                Consumer<? super Answered<R>> done,
                DeviceTaps<C, R, E>.@Nullable Exchange watched) {
            this.command = command;
            this.submittedIn = submittedIn;
            this.done = done;
            this.watched = watched;
        }

        @Override
        public void accept(Answered<R> answered) {
            long handedOver = System.nanoTime();
            delivery.lock();
            try {
                if (epoch != submittedIn) {
                    return;
                }
                if (watched != null) {
                    watched.answered(answered.response());
                }
                done.accept(answered);
            } finally {
                delivery.unlock();
            }
            // Transit lies between answered and handed over, and is none of the device's time.
            answers.answered(command, answered, answered.atDeviceNanos() + (System.nanoTime() - handedOver));
        }
    }
}
