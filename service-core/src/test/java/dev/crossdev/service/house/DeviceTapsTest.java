package dev.crossdev.service.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.capture.RawBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeviceTapsTest {

    private static final DeviceKey VM0 = new DeviceKey("default", "vm0");

    private final ParrotType type = new ParrotType();
    private final DeviceHouse<String, String, String> house = new DeviceHouse<>(
            type, new HouseLimits(3, 2, Duration.ofHours(1)), (_, _, _) -> {}, Violations.ignored(), DeviceClaims.NONE);
    private final Ear ear = new Ear();

    /** Writes down all that it is told. */
    private static final class Scribe implements TapListener {
        final List<String> seen = new ArrayList<>();
        boolean tooSlow;

        @Override
        public void awaiting() {
            seen.add("awaiting");
        }

        @Override
        public void attached(Subject subject) {
            seen.add("attached " + subject.key() + " epoch " + subject.epoch());
        }

        @Override
        public boolean submitted(Submitted command) {
            seen.add("submitted " + command.queue() + " " + text(command.readable()));
            return !tooSlow;
        }

        @Override
        public void answered(long id, Bytes written, long nanos) {
            seen.add("answered " + text(written));
        }

        @Override
        public void event(int queue, Bytes written, long nanos) {
            seen.add("event " + queue + " " + text(written));
        }

        @Override
        public void configChanged(Bytes config, long nanos) {
            seen.add("config " + config);
        }

        @Override
        public void reset(long epoch, long nanos) {
            seen.add("reset " + epoch);
        }

        @Override
        public void unplugged(String reason, long nanos) {
            seen.add("unplugged " + reason);
        }

        private static String text(Bytes bytes) {
            return new String(bytes.toArray(), StandardCharsets.UTF_8);
        }
    }

    @AfterEach
    void close() {
        house.close();
    }

    @Test
    void whileNobodyWatchesNothingIsEncoded() {
        DeviceSession<String, String, String> session = open();
        assertThat(session.submit("hello", ear::answer)).isTrue();
        type.made.element().context.events().accept("morning");
        house.reset(VM0);

        assertThat(type.encoded).hasValue(0);
    }

    @Test
    void everythingThatHappensToADeviceIsSeenInOrder() {
        DeviceSession<String, String, String> session = open();
        Scribe scribe = new Scribe();
        Runnable stop = house.taps().open(VM0, false, false, scribe);
        session.submit("hello", ear::answer);
        session.submit("later", ear::answer);
        type.made.element().context.events().accept("morning");
        type.made.element().context.configChanged().run();
        type.made.element().answerAll();
        house.reset(VM0);
        session.answeredAtDoor(
                new CommandOrigin() {
                    @Override
                    public long sequence() {
                        return 3;
                    }

                    @Override
                    public Optional<RawBuffer> buffer() {
                        return Optional.of(new RawBuffer(7, Bytes.of(new byte[] {'?'}), 10));
                    }
                },
                "no");
        house.delete(VM0, "enough");
        stop.run();

        assertThat(scribe.seen)
                .containsExactly(
                        "attached default/vm0 epoch 0",
                        "submitted 0 hello",
                        "answered hello",
                        "submitted 0 later",
                        "event 1 morning",
                        "config 01020304",
                        "answered later",
                        "reset 1",
                        "submitted 7 ?",
                        "answered no",
                        "unplugged enough");
    }

    @Test
    void anExchangeThatATapDropsHasNoAnswerEither() {
        DeviceSession<String, String, String> session = open();
        Scribe slow = new Scribe();
        slow.tooSlow = true;
        Scribe quick = new Scribe();
        house.taps().open(VM0, false, false, slow);
        house.taps().open(VM0, false, false, quick);
        session.submit("hello", ear::answer);

        assertThat(slow.seen).doesNotContain("answered hello");
        assertThat(quick.seen).contains("answered hello");
        assertThat(ear.heard).contains("answer hello");
    }

    @Test
    void aTapThatWaitsSeesADeviceFromItsFirstCommand() {
        Scribe scribe = new Scribe();
        Runnable stop = house.taps().open(VM0, true, false, scribe);
        DeviceSession<String, String, String> session = open();
        session.submit("hello", ear::answer);
        stop.run();
        session.submit("again", ear::answer);

        assertThat(scribe.seen)
                .containsExactly("awaiting", "attached default/vm0 epoch 0", "submitted 0 hello", "answered hello");
    }

    @Test
    void aTapThatWaitsInVainIsToldWhenTheServiceGoes() {
        Scribe scribe = new Scribe();
        house.taps().open(VM0, true, false, scribe);
        house.close();

        assertThat(scribe.seen).containsExactly("awaiting", "unplugged the service is going away");
    }

    @Test
    void tapsAreBoundedAndThoseThatEndMakeRoom() {
        List<Runnable> stops = new ArrayList<>();
        for (int i = 0; i < Taps.MAX_TAPS; i++) {
            assertErrno(Errno.ENOENT, () -> house.taps().open(VM0, false, false, new Scribe()));
            stops.add(house.taps().open(VM0, true, false, new Scribe()));
        }
        assertErrno(Errno.ENOBUFS, () -> house.taps().open(VM0, true, false, new Scribe()));
        stops.getFirst().run();
        stops.getFirst().run();
        house.taps().open(VM0, true, false, new Scribe());
        assertErrno(Errno.ENOBUFS, () -> house.taps().open(VM0, true, false, new Scribe()));
    }

    private DeviceSession<String, String, String> open() {
        return house.open(new OpenRequest(VM0, Optional.empty(), Optional.empty(), Duration.ZERO), ear);
    }

    private static void assertErrno(Errno errno, org.assertj.core.api.ThrowableAssert.ThrowingCallable what) {
        assertThatThrownBy(what)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }
}
