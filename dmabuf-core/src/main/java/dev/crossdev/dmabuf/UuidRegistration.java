package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import dev.crossdev.dmabuf.waiting.OneShot;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The life of one RESOURCE_ASSIGN_UUID, seen by the driver that sent it: INITIALIZING, then OK or FAILED, once.
 *
 * <p>Linux (virtgpu_vq.c) demotes an OK registration to an error when a second answer comes; here the first answer
 * stays, so that nobody who was given the UUID is made a liar. The field as it stands while INITIALIZING is sixteen zero
 * bytes: {@link #NIL}.
 */
public final class UuidRegistration {
    /** What the driver's field holds until the device has answered. */
    public static final UUID NIL = new UUID(0, 0);

    /** Where a registration stands. */
    public sealed interface State {
        /** The device has not answered. */
        record Initializing() implements State {}

        /** The device gave this UUID. */
        record Ok(UUID uuid) implements State {
            public Ok {
                Objects.requireNonNull(uuid, "uuid");
            }
        }

        /**
         * There will be no UUID.
         *
         * @param cause what was said at the time; waiters get ENODEV of the matching type, with this as the cause
         */
        record Failed(ErrnoException cause) implements State {
            public Failed {
                Objects.requireNonNull(cause, "cause");
            }

            public Errno errno() {
                return cause.errno();
            }
        }
    }

    private static final State INITIALIZING = new State.Initializing();

    private final Violations violations;
    private final Instant since = Instant.now();
    private final OneShot<Settled> end = new OneShot<>();
    private final AtomicInteger asked = new AtomicInteger();

    /** How it ended, and when. */
    private record Settled(State state, Instant at) {}

    private UuidRegistration(Violations violations) {
        this.violations = violations;
    }

    /** A registration whose command is on its way; {@code violations} hears of every answer after the first. */
    public static UuidRegistration pending(Violations violations) {
        return new UuidRegistration(violations);
    }

    /** A registration that never had to wait: where the UUID is minted. */
    public static UuidRegistration settled(UUID uuid) {
        UuidRegistration registration = new UuidRegistration(Violations.ignored());
        registration.settle(new State.Ok(uuid));
        return registration;
    }

    /** A registration that is refused from the start: no feature, or a blob that is not CROSS_DEVICE. */
    public static UuidRegistration refused(ErrnoException cause) {
        UuidRegistration registration = new UuidRegistration(Violations.ignored());
        registration.settle(new State.Failed(cause));
        return registration;
    }

    public State state() {
        return end.peek().map(Settled::state).orElse(INITIALIZING);
    }

    /**
     * Sends the command that asks for the UUID. A command that cannot be submitted ends the registration at once, FAILED
     * with the reason. (Linux ignores the result of queueing here, and get_uuid then never returns.)
     *
     * @return whether the command was submitted
     */
    public boolean submit(Runnable command) {
        try {
            command.run();
            return true;
        } catch (ErrnoException e) {
            settle(new State.Failed(e));
        } catch (RuntimeException e) {
            settle(new State.Failed(new ErrnoException(Errno.EIO, "the UUID could not be asked for", e)));
        }
        return false;
    }

    /** The device's answer. Returns false, and counts a violation, when there was one already. */
    public boolean complete(UUID uuid) {
        return answer(new State.Ok(uuid));
    }

    /**
     * The device's refusal, or the failure to ask it at all. Returns false, and counts a violation, when there was an
     * answer already.
     */
    public boolean fail(ErrnoException cause) {
        return answer(new State.Failed(cause));
    }

    /**
     * The device is gone: ends the wait if it has not ended. Not an answer, so it is no violation on a settled
     * registration, which stays as it is. Returns whether this ended it.
     */
    public boolean abandon(DeviceGoneException cause) {
        return settle(new State.Failed(cause));
    }

    /**
     * The UUID, waiting for it if need be. Ends in proportion to nothing but the device's answer and the caller's own
     * deadline; a caller that gives up touches nobody else.
     *
     * @param timeout this caller's patience; zero or negative looks once and does not wait
     * @throws RegistrationFailedException the device answered an error or lacks the feature
     * @throws DeviceGoneException the device is gone
     * @throws ErrnoException ETIMEDOUT when the timeout passed first; EINTR when the thread was interrupted, whose flag
     *     stays set
     */
    public UUID await(Duration timeout) {
        asked.incrementAndGet();
        State state = end.await(timeout).map(Settled::state).orElse(INITIALIZING);
        return switch (state) {
            case State.Ok ok -> ok.uuid();
            case State.Failed failed -> throw failure(failed.cause());
            case State.Initializing _ ->
                throw new ErrnoException(Errno.ETIMEDOUT, "no UUID within " + timeout.toMillis() + " ms");
        };
    }

    /**
     * The field as it stands, without waiting: empty unless OK. For the strategy that is unsafe on purpose, which hands
     * on {@link #NIL} then.
     */
    public Optional<UUID> peek() {
        return state() instanceof State.Ok ok ? Optional.of(ok.uuid()) : Optional.empty();
    }

    /** How many threads wait in {@link #await} and callbacks in {@link #onSettled} now. */
    public int waiters() {
        return end.waiters();
    }

    /** How often somebody asked, in {@link #await} or {@link #onSettled}, whether it had to wait or not. */
    public int asked() {
        return asked.get();
    }

    public Instant since() {
        return since;
    }

    /** When it left INITIALIZING; empty while it has not. */
    public Optional<Instant> settledAt() {
        return end.peek().map(Settled::at);
    }

    /**
     * Runs the callback once, with the final state: at once on this thread when it is known, else on the thread that
     * settles it, in the order of subscription. An exception from a callback is logged and stops no other.
     */
    public Subscription onSettled(Consumer<State> action) {
        asked.incrementAndGet();
        return end.onSet(settled -> action.accept(settled.state()));
    }

    /** As a listing shows it. */
    public RegistrationInfo info() {
        State now = state();
        Optional<ErrnoException> cause =
                now instanceof State.Failed(ErrnoException why) ? Optional.of(why) : Optional.empty();
        return new RegistrationInfo(
                switch (now) {
                    case State.Initializing _ -> RegistrationInfo.State.INITIALIZING;
                    case State.Ok _ -> RegistrationInfo.State.OK;
                    case State.Failed _ -> RegistrationInfo.State.FAILED;
                },
                now instanceof State.Ok(UUID uuid) ? Optional.of(uuid) : Optional.empty(),
                cause.map(ErrnoException::errno),
                cause.map(Throwable::getMessage),
                since,
                settledAt(),
                waiters(),
                asked());
    }

    @Override
    public String toString() {
        return switch (state()) {
            case State.Initializing _ -> "INITIALIZING";
            case State.Ok ok -> "OK " + ok.uuid();
            case State.Failed failed ->
                "FAILED " + failed.errno() + ": " + failed.cause().getMessage();
        };
    }

    private boolean answer(State answer) {
        if (settle(answer)) {
            return true;
        }
        violations.report(Violations.Kind.REPEATED_ANSWER, "answered again, stays " + this);
        return false;
    }

    private boolean settle(State state) {
        return end.set(new Settled(state, Instant.now()));
    }

    /** Each waiter throws an exception of its own: the stack that matters is the waiter's. */
    private static ErrnoException failure(ErrnoException cause) {
        return cause instanceof DeviceGoneException
                ? new DeviceGoneException(String.valueOf(cause.getMessage()), cause)
                : new RegistrationFailedException(String.valueOf(cause.getMessage()), cause);
    }
}
