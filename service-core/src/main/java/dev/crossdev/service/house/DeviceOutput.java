package dev.crossdev.service.house;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.capture.WireForm;
import dev.crossdev.virtio.timing.Answered;
import dev.crossdev.virtio.timing.CommandJourney;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What leaves a device, and who hears it. One lock orders it all: an answer is handed on only while its epoch lasts, so
 * nothing older follows a reset's message.
 */
final class DeviceOutput<C, R, E> {

    /** Events kept for those who come by with single commands; the oldest go first. */
    private static final int MAX_KEPT_EVENTS = 256;

    private final DeviceFacts<C, R> facts;
    private final AnswerListener<C, R> answers;
    private final DeviceTaps<C, R, E> taps;

    private final ReentrantLock delivery = new ReentrantLock();
    private final Set<CompletableFuture<Answered<R>>> executions = new HashSet<>();
    private final Deque<E> keptEvents = new ArrayDeque<>();
    private @Nullable DeviceSession<C, R, E> owner;
    /** No owner is told anything: the device is being reset, or is gone. */
    private boolean silent;

    private boolean gone;
    /** Written under {@code delivery}. */
    private volatile long epoch;

    DeviceOutput(DeviceFacts<C, R> facts, AnswerListener<C, R> answers, WireForm<C, R, E> wire) {
        this.facts = facts;
        this.answers = answers;
        this.taps = new DeviceTaps<>(wire, facts.memory());
    }

    /**
     * An epoch that has ended.
     *
     * @param next the one that begins
     * @param pending single commands that get no answer any more
     */
    record Ended<R>(long next, List<CompletableFuture<Answered<R>>> pending) {

        void fail(DeviceGoneException why) {
            pending.forEach(each -> each.completeExceptionally(why));
        }
    }

    long epoch() {
        return epoch;
    }

    boolean isOwned() {
        delivery.lock();
        try {
            return owner != null;
        } finally {
            delivery.unlock();
        }
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

    /** Where the answer of a command that is about to be submitted comes back. In the commands' order. */
    Consumer<Answered<R>> answerTo(C command, CommandOrigin origin, Consumer<? super Answered<R>> done) {
        DeviceTaps<C, R, E>.@Nullable Exchange tapped = taps.submitted(command, origin);
        CommandTrace trace = answers.taken(command, origin);
        return trace == null
                ? new Delivery(command, origin, done, tapped)
                : new TracedDelivery(command, origin, done, tapped, trace);
    }

    /** For those who tap: an answer of which the device knows nothing. In the commands' order. */
    void answeredAtDoor(CommandOrigin origin, R answer) {
        taps.answeredAtDoor(origin, answer);
    }

    /** False when the device is on its way out. In the commands' order. */
    boolean tap(TapListener listener, Features offered, boolean withMemory) {
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
        }
    }

    void untap(TapListener listener) {
        taps.remove(listener);
    }

    /** The answer to a single command, of somebody who owns nothing; ends with the epoch. */
    CompletableFuture<Answered<R>> expectAnswer() {
        CompletableFuture<Answered<R>> answer = new CompletableFuture<>();
        delivery.lock();
        try {
            executions.add(answer);
        } finally {
            delivery.unlock();
        }
        return answer;
    }

    void forget(CompletableFuture<Answered<R>> answer) {
        delivery.lock();
        try {
            executions.remove(answer);
        } finally {
            delivery.unlock();
        }
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

    void event(E event) {
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

    void configChanged() {
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

    /** Nothing of the epoch is handed on any more, and nothing at all until {@link #begin}. */
    Ended<R> end() {
        delivery.lock();
        try {
            silent = true;
            epoch = epoch + 1;
            keptEvents.clear();
            return new Ended<>(epoch, List.copyOf(executions));
        } finally {
            delivery.unlock();
        }
    }

    /** The device was reset: tells those who are there of the epoch that begins. */
    void begin(long next) {
        delivery.lock();
        try {
            silent = gone;
            if (!gone) {
                taps.reset(next);
            }
            if (owner != null && !gone) {
                owner.listener().reset(next);
            }
        } finally {
            delivery.unlock();
        }
    }

    /** The end of all epochs. */
    Ended<R> unplug(String reason) {
        delivery.lock();
        try {
            silent = true;
            gone = true;
            epoch = epoch + 1;
            taps.unplugged(reason);
            if (owner != null) {
                owner.listener().unplugged(reason);
                owner = null;
            }
            return new Ended<>(epoch, new ArrayList<>(executions));
        } finally {
            delivery.unlock();
        }
    }

    private byte[] config() {
        return facts.hosted().device().config();
    }

    /** Where a command's answer comes back. */
    private class Delivery implements Consumer<Answered<R>> {
        private final C command;
        private final CommandOrigin origin;
        private final long submittedIn = epoch;
        private final Consumer<? super Answered<R>> done;
        private final DeviceTaps<C, R, E>.@Nullable Exchange tapped;

        Delivery(
                C command,
                CommandOrigin origin,
                Consumer<? super Answered<R>> done,
                DeviceTaps<C, R, E>.@Nullable Exchange tapped) {
            this.command = command;
            this.origin = origin;
            this.done = done;
            this.tapped = tapped;
        }

        @Override
        public void accept(Answered<R> answered) {
            long handedOver = System.nanoTime();
            if (handOn(answered)) {
                // Transit lies between answered and handed over, and is none of the device's time.
                long nanos = answered.atDeviceNanos() + (System.nanoTime() - handedOver);
                answers.answered(command, origin, answered, nanos, trace());
            }
        }

        /** False when its epoch is over. */
        private boolean handOn(Answered<R> answered) {
            delivery.lock();
            try {
                if (epoch != submittedIn) {
                    return false;
                }
                if (tapped != null) {
                    tapped.answered(answered.response());
                }
                done.accept(answered);
                return true;
            } finally {
                delivery.unlock();
            }
        }

        @Nullable
        CommandTrace trace() {
            return null;
        }
    }

    /** Where the answer of a traced command comes back. */
    private final class TracedDelivery extends Delivery implements CommandJourney {
        private final CommandTrace trace;

        TracedDelivery(
                C command,
                CommandOrigin origin,
                Consumer<? super Answered<R>> done,
                DeviceTaps<C, R, E>.@Nullable Exchange tapped,
                CommandTrace trace) {
            super(command, origin, done, tapped);
            this.trace = trace;
        }

        @Override
        public void atDevice(long receivedNanos, Runnable take) {
            trace.atDevice(receivedNanos, take);
        }

        @Override
        CommandTrace trace() {
            return trace;
        }
    }
}
