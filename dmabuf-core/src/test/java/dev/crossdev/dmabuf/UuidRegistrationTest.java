package dev.crossdev.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.UuidRegistration.State;
import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class UuidRegistrationTest {
    private static final UUID FIRST = UUID.fromString("00112233-4455-4677-8899-aabbccddeeff");
    private static final UUID SECOND = UUID.fromString("ffffffff-4455-4677-8899-aabbccddeeff");
    private static final Duration LONG = Duration.ofSeconds(30);

    private final ViolationCounter violations = new ViolationCounter();
    private final UuidRegistration registration = UuidRegistration.pending(violations);

    @Test
    void startsInitializingWithNothingToSee() {
        assertThat(registration.state()).isInstanceOf(State.Initializing.class);
        assertThat(registration.peek()).isEmpty();
        assertThat(registration).hasToString("INITIALIZING");
        assertThat(UuidRegistration.NIL).hasToString("00000000-0000-0000-0000-000000000000");
    }

    @Test
    void givesExactlyTheDevicesUuidWithoutWaitingOnceAnswered() {
        assertThat(registration.complete(FIRST)).isTrue();

        assertThat(registration.await(Duration.ZERO)).isEqualTo(FIRST);
        assertThat(registration.await(Duration.ofSeconds(-1))).isEqualTo(FIRST);
        assertThat(registration.peek()).contains(FIRST);
        assertThat(registration.state()).isEqualTo(new State.Ok(FIRST));
        assertThat(violations.total()).isZero();
    }

    @Test
    void isOkAtOnceWhereTheUuidIsMinted() {
        assertThat(UuidRegistration.settled(FIRST).await(Duration.ZERO)).isEqualTo(FIRST);
    }

    @Test
    void refusedFromTheStartIsEnodevAtOnce() {
        UuidRegistration refused =
                UuidRegistration.refused(new RegistrationFailedException("the device lacks RESOURCE_UUID"));

        assertThatThrownBy(() -> refused.await(LONG))
                .isInstanceOf(RegistrationFailedException.class)
                .hasMessage("the device lacks RESOURCE_UUID");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x1200, 0x1201, 0x1202, 0x1203, 0x1204, 0x1205})
    void anErrorAnswerIsEnodevForAllWaiters(int code) throws InterruptedException {
        List<AtomicReference<Throwable>> seen = new ArrayList<>();
        List<Thread> waiters = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            AtomicReference<Throwable> mine = new AtomicReference<>();
            seen.add(mine);
            waiters.add(Thread.ofVirtual().start(() -> {
                try {
                    registration.await(LONG);
                } catch (ErrnoException e) {
                    mine.set(e);
                }
            }));
        }
        await().until(() -> registration.waiters() == 10);
        registration.fail(new RegistrationFailedException("answered 0x" + Integer.toHexString(code)));

        for (int i = 0; i < 10; i++) {
            assertThat(waiters.get(i).join(LONG)).isTrue();
            assertThat(seen.get(i).get())
                    .isInstanceOf(RegistrationFailedException.class)
                    .hasMessage("answered 0x" + Integer.toHexString(code));
        }
        assertThat(seen.stream().map(AtomicReference::get).distinct()).hasSize(10);
    }

    @Test
    void anyOtherFailureReachesWaitersAsEnodevWithItsCause() {
        ErrnoException cause = new ErrnoException(Errno.EPROTO, "answered OK_NODATA");
        registration.fail(cause);

        assertThatThrownBy(() -> registration.await(LONG))
                .isInstanceOf(RegistrationFailedException.class)
                .hasCause(cause);
        assertThat(registration.state())
                .isInstanceOfSatisfying(
                        State.Failed.class, s -> assertThat(s.errno()).isEqualTo(Errno.EPROTO));
        assertThat(registration).hasToString("FAILED EPROTO: answered OK_NODATA");
        assertThat(registration.peek()).isEmpty();
    }

    @Test
    void aDeviceThatGoesEndsTheWaitWithAnErrorOfItsOwnType() throws InterruptedException {
        AtomicReference<Throwable> seen = new AtomicReference<>();
        Thread waiter = Thread.ofVirtual().start(() -> {
            try {
                registration.await(LONG);
            } catch (ErrnoException e) {
                seen.set(e);
            }
        });
        await().until(() -> registration.waiters() == 1);

        assertThat(registration.abandon(new DeviceGoneException("unplugged"))).isTrue();

        assertThat(waiter.join(LONG)).isTrue();
        assertThat(seen.get()).isInstanceOf(DeviceGoneException.class).hasMessage("unplugged");
    }

    @Test
    void aDeviceThatGoesChangesNothingThatIsSettledAndIsNoViolation() {
        registration.complete(FIRST);

        assertThat(registration.abandon(new DeviceGoneException("reset"))).isFalse();

        assertThat(registration.await(LONG)).isEqualTo(FIRST);
        assertThat(violations.total()).isZero();
    }

    @Test
    void theFirstAnswerStaysAndEveryFurtherOneIsCounted() {
        assertThat(registration.complete(FIRST)).isTrue();
        assertThat(registration.complete(SECOND)).isFalse();
        assertThat(registration.complete(FIRST)).isFalse();
        assertThat(registration.fail(new RegistrationFailedException("late"))).isFalse();

        assertThat(registration.await(LONG)).isEqualTo(FIRST);
        assertThat(violations.count(Violations.Kind.REPEATED_ANSWER)).isEqualTo(3);
        assertThat(violations.total()).isEqualTo(3);
    }

    @Test
    void aFailureStaysAFailure() {
        registration.fail(new RegistrationFailedException("no"));
        assertThat(registration.complete(FIRST)).isFalse();

        assertThatThrownBy(() -> registration.await(LONG)).isInstanceOf(RegistrationFailedException.class);
        assertThat(violations.count(Violations.Kind.REPEATED_ANSWER)).isOne();
    }

    @Test
    void aCallersOwnDeadlineTouchesNobodyElse() {
        assertErrno(Errno.ETIMEDOUT, () -> registration.await(Duration.ofMillis(20)));
        assertErrno(Errno.ETIMEDOUT, () -> registration.await(Duration.ZERO));

        assertThat(registration.state()).isInstanceOf(State.Initializing.class);
        assertThat(registration.waiters()).isZero();
        assertThat(registration.complete(FIRST)).isTrue();
        assertThat(registration.await(LONG)).isEqualTo(FIRST);
    }

    @Test
    void anInterruptEndsOneWaitWithEintrAndKeepsTheFlag() throws InterruptedException {
        AtomicReference<Boolean> flag = new AtomicReference<>();
        AtomicReference<UUID> other = new AtomicReference<>();
        Thread interrupted = Thread.ofPlatform().start(() -> {
            assertErrno(Errno.EINTR, () -> registration.await(LONG));
            flag.set(Thread.currentThread().isInterrupted());
        });
        Thread patient = Thread.ofPlatform().start(() -> other.set(registration.await(LONG)));
        await().until(() -> registration.waiters() == 2);
        interrupted.interrupt();
        assertThat(interrupted.join(LONG)).isTrue();

        assertThat(flag.get()).isTrue();
        assertThat(registration.waiters()).isOne();
        registration.complete(FIRST);
        assertThat(patient.join(LONG)).isTrue();
        assertThat(other.get()).isEqualTo(FIRST);
    }

    @Test
    void callbacksRunOnceInOrderWithTheFinalState() {
        List<String> seen = new ArrayList<>();
        registration.onSettled(state -> seen.add("a " + state));
        registration.onSettled(state -> seen.add("b " + state));
        assertThat(seen).isEmpty();
        assertThat(registration.waiters()).isEqualTo(2);

        registration.complete(FIRST);
        registration.complete(SECOND);
        registration.onSettled(state -> seen.add("late " + state));

        String ok = new State.Ok(FIRST).toString();
        assertThat(seen).containsExactly("a " + ok, "b " + ok, "late " + ok);
        assertThat(registration.waiters()).isZero();
    }

    @Test
    void aCallbackThatWasTakenOutDoesNotRun() {
        List<State> seen = new ArrayList<>();
        Subscription subscription = registration.onSettled(seen::add);
        registration.onSettled(_ -> seen.add(new State.Ok(SECOND)));
        subscription.close();
        subscription.close();
        registration.complete(FIRST);
        subscription.close();

        assertThat(seen).containsExactly(new State.Ok(SECOND));
    }

    @Test
    void aCallbackThatThrowsStopsNoOther() {
        List<State> seen = new ArrayList<>();
        registration.onSettled(_ -> {
            throw new IllegalArgumentException("on purpose");
        });
        registration.onSettled(seen::add);

        assertThat(registration.complete(FIRST)).isTrue();
        assertThat(seen).hasSize(1);
    }

    @Test
    void callbacksRunWithNoLockHeld() throws InterruptedException {
        AtomicReference<UUID> seen = new AtomicReference<>();
        registration.onSettled(_ -> {
            // Another thread can use the registration meanwhile.
            Thread other = Thread.ofPlatform().start(() -> {
                registration.onSettled(_ -> {}).close();
                assertThat(registration.waiters()).isZero();
                seen.set(registration.await(LONG));
            });
            try {
                assertThat(other.join(LONG)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        registration.complete(FIRST);

        assertThat(seen.get()).isEqualTo(FIRST);
    }

    @Test
    void aCommandThatCannotBeSubmittedEndsInFailedAndNobodyWaits() {
        ErrnoException full = new ErrnoException(Errno.ENOMEM, "no room for the response");
        assertThat(registration.submit(() -> {
                    throw full;
                }))
                .isFalse();
        assertThat(registration.state()).isEqualTo(new State.Failed(full));
        assertThatThrownBy(() -> registration.await(LONG)).isInstanceOf(RegistrationFailedException.class);
        assertThat(registration.complete(FIRST)).as("an answer after all").isFalse();
    }

    @Test
    void aCommandSubmittedToADeviceThatIsGoneIsADeviceThatIsGone() {
        assertThat(registration.submit(() -> {
                    throw new DeviceGoneException("unplugged");
                }))
                .isFalse();
        assertThatThrownBy(() -> registration.await(LONG)).isInstanceOf(DeviceGoneException.class);
        assertThat(violations.total()).isZero();
    }

    @Test
    void whateverElseGoesWrongAtSubmissionIsAFailureToo() {
        IllegalStateException bug = new IllegalStateException("a bug");
        assertThat(registration.submit(() -> {
                    throw bug;
                }))
                .isFalse();
        assertThat(registration.state())
                .isInstanceOfSatisfying(
                        State.Failed.class, failed -> assertThat(failed.cause()).hasCause(bug));
    }

    @Test
    void aSubmittedCommandLeavesItInitializingAndASynchronousAnswerStays() {
        assertThat(registration.submit(() -> {})).isTrue();
        assertThat(registration.state()).isInstanceOf(State.Initializing.class);
        UuidRegistration quick = UuidRegistration.pending(violations);
        assertThat(quick.submit(() -> {
                    quick.complete(FIRST);
                    throw new IllegalStateException("after the answer");
                }))
                .isFalse();
        assertThat(quick.peek()).contains(FIRST);
        assertThat(violations.total()).isZero();
    }

    @Test
    void aListingSaysHowItEndedAndWhoAsked() {
        assertThat(registration.info().asked()).isZero();
        assertThat(registration.settledAt()).isEmpty();
        registration.fail(new RegistrationFailedException("ERR_UNSPEC"));
        registration.onSettled(_ -> {});

        assertThat(registration.info().state()).isEqualTo(RegistrationInfo.State.FAILED);
        assertThat(registration.info().errno()).contains(Errno.ENODEV);
        assertThat(registration.info().cause()).contains("ERR_UNSPEC");
        assertThat(registration.info().asked()).isOne();
        assertThat(registration.settledAt())
                .hasValueSatisfying(at -> assertThat(at).isAfterOrEqualTo(registration.since()));
    }

    static void assertErrno(Errno errno, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }
}
