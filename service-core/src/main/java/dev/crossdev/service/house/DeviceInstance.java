package dev.crossdev.service.house;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.service.log.DeviceLog;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.timing.Answered;
import dev.crossdev.virtio.timing.DeviceEdge;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.FaultPlan;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One device in the house: at most one owner, commands in order, epochs.
 *
 * <p>Two locks keep two orders. {@code intake} orders commands against reset and unplug, as a device demands; it is held
 * while the device takes a command, never while anything waits. The {@link DeviceOutput}'s own, taken after it, orders what
 * the owner sees.
 */
final class DeviceInstance<C, R, E> {

    private enum State {
        LIVE,
        RESETTING,
        GONE
    }

    private static final DeviceLog LOG = DeviceLog.of(DeviceInstance.class);

    private final DeviceFacts<C, R> facts;
    private final DeviceEdge<C, R> edge;
    private final DeviceOutput<C, R, E> output;
    private final DeviceChanges changes;

    private final ReentrantLock intake = new ReentrantLock();
    private State state = State.LIVE;

    /** Written by the house, under its own lock. */
    private volatile @Nullable Lease lease;

    private volatile @Nullable String goneBecause;

    /** Held while the device is reset or closed, which may take its time; taken while no other is held. */
    private final ReentrantLock upheaval = new ReentrantLock();

    DeviceInstance(
            DeviceFacts<C, R> facts, DeviceEdge<C, R> edge, DeviceOutput<C, R, E> output, DeviceChanges changes) {
        this.facts = facts;
        this.edge = edge;
        this.output = output;
        this.changes = changes;
    }

    DeviceFacts<C, R> facts() {
        return facts;
    }

    DeviceTiming timing() {
        return edge.timing();
    }

    void timing(DeviceTiming timing) {
        edge.timing(timing);
        changed();
    }

    FaultPlan faults() {
        return edge.faults();
    }

    byte[] config() {
        return facts.hosted().device().config();
    }

    /** False when somebody owns the device already or it takes nobody. Tells the new owner, and first of all. */
    boolean takeUp(DeviceSession<C, R, E> session) {
        boolean taken = output.takeUp(session);
        if (taken) {
            changed();
        }
        return taken;
    }

    /** The owner lets go. */
    void letGo(DeviceSession<C, R, E> session) {
        output.letGo(session);
        changed();
    }

    boolean isOwned() {
        return output.isOwned();
    }

    /** False when the device takes no command: it is being reset or is gone. */
    boolean submit(C command, CommandOrigin origin, Consumer<? super Answered<R>> done) {
        intake.lock();
        try {
            if (state != State.LIVE) {
                return false;
            }
            edge.submit(command, output.answerTo(command, origin, done));
            return true;
        } finally {
            intake.unlock();
        }
    }

    /** For those who tap: an answer of which the device knows nothing. */
    void answeredAtDoor(CommandOrigin origin, R answer) {
        intake.lock();
        try {
            output.answeredAtDoor(origin, answer);
        } finally {
            intake.unlock();
        }
    }

    /** False when the device is on its way out. */
    boolean tap(TapListener listener, Features offered, boolean withMemory) {
        intake.lock();
        try {
            return output.tap(listener, offered, withMemory);
        } finally {
            intake.unlock();
        }
    }

    void untap(TapListener listener) {
        output.untap(listener);
    }

    /** One command for somebody who owns nothing; fails with ENODEV when the device goes away before its answer. */
    CompletableFuture<Answered<R>> execute(C command) {
        CompletableFuture<Answered<R>> answer = output.expectAnswer();
        if (!submit(command, CommandOrigin.MESSAGE, answer::complete)) {
            answer.completeExceptionally(gone("takes no command now"));
        }
        return answer.whenComplete((_, _) -> output.forget(answer));
    }

    /** What happened since the last call while nobody owned the device, oldest first. */
    List<E> takeKeptEvents() {
        return output.takeKeptEvents();
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
        edge.announce(() -> output.event(event));
    }

    void configChanged() {
        edge.announce(output::configChanged);
    }

    /** An injected fault. */
    void dropConnection() {
        output.dropConnection();
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
        DeviceOutput.Ended<R> ended = output.end();
        upheaval.lock();
        try {
            edge.reset();
        } finally {
            upheaval.unlock();
        }
        output.begin(ended.next());
        ended.fail(gone("was reset"));
        // Not when an unplug came in between.
        leave(State.RESETTING, State.LIVE);
        changed();
        LOG.info("device reset", facts.key(), "was reset; epoch " + ended.next() + " begins");
        return ended.next();
    }

    /** Takes the device out of the world; waits for it. Only the first call does anything. */
    void unplug(String reason) {
        intake.lock();
        try {
            if (state == State.GONE) {
                return;
            }
            state = State.GONE;
            goneBecause = reason;
        } finally {
            intake.unlock();
        }
        changed();
        output.unplug(reason).fail(gone("is gone: " + reason));
        upheaval.lock();
        try {
            edge.close();
        } finally {
            upheaval.unlock();
        }
        facts.granted().close();
        LOG.info("device went", facts.key(), "is gone: " + reason);
    }

    /** Why it was unplugged; empty while it was not. */
    Optional<String> goneBecause() {
        return Optional.ofNullable(goneBecause);
    }

    /** The house orders these. */
    void startLease(Lease started) {
        lease = started;
        changed();
    }

    void endLease() {
        Lease ending = lease;
        lease = null;
        if (ending != null) {
            ending.cancel();
            changed();
        }
    }

    Optional<Lease> lease() {
        return Optional.ofNullable(lease);
    }

    /** Something that {@link #view} shows has changed. */
    void changed() {
        changes.changed(facts.key());
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
                output.epoch(),
                isOwned(),
                facts.createdAt(),
                lease().map(Lease::endsAt),
                facts.statistics().counts(),
                facts.hosted().inspection().usage(),
                edge.timing(),
                edge.faults().active(),
                edge.faults().struck().byFault(),
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

    private DeviceGoneException gone(String why) {
        return new DeviceGoneException("device " + facts.key() + " " + why);
    }
}
