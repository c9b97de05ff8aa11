package dev.crossdev.dmabuf.memory;

import static dev.crossdev.dmabuf.memory.SharedMemoryTest.assertErrno;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DescriptorStreamTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Executor PLATFORM = task -> Thread.ofPlatform().start(task);

    @TempDir
    Path folder;

    private Path path;
    private long descriptorsBefore;
    private DescriptorListener listener;
    private DescriptorStream here;
    private DescriptorStream there;

    @BeforeEach
    void connect() throws IOException {
        path = folder.resolve("s");
        SharedMemory.create("warm up", 1).close();
        descriptorsBefore = SharedMemoryTest.descriptors();
        pair(PATIENCE);
    }

    private void pair(Duration stall) {
        listener = DescriptorListener.listen(path, stall);
        here = DescriptorStream.connect(path, PATIENCE);
        there = listener.accept().orElseThrow();
    }

    private void hangUp() {
        here.close();
        there.close();
        listener.close();
    }

    @AfterEach
    void nothingIsLeft() {
        hangUp();
        await().untilAsserted(() -> assertThat(SharedMemoryTest.descriptors()).isEqualTo(descriptorsBefore));
        assertThat(path).doesNotExist();
    }

    @Test
    void theSocketIsItsOwnersAlone() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-------");
    }

    @Test
    void bytesAndDescriptorsArriveAsTheyWereSent() {
        try (EventDescriptor first = EventDescriptor.create();
                EventDescriptor second = EventDescriptor.create()) {
            here.write(bytes("header and rest"), first.descriptor(), second.descriptor());

            DescriptorStream.Message header = there.read(6).orElseThrow();
            assertThat(header.bytes()).isEqualTo(bytes("header"));
            assertThat(header.descriptors()).hasSize(2);
            assertThat(there.readRest(9)).isEqualTo(bytes(" and rest"));

            try (EventDescriptor received =
                    EventDescriptor.adopt(header.descriptors().getFirst())) {
                received.signal();
                assertThat(SocketCalls.poll(new int[] {first.descriptor()}, 0)).containsExactly(true);
                first.clear();
                assertThat(SocketCalls.poll(new int[] {first.descriptor()}, 0)).containsExactly(false);
            }
            DescriptorStream.drop(header.descriptors().subList(1, 2));
        }
    }

    @Test
    void moreDescriptorsThanAnyMessageHasBreakTheConnectionAndStayNowhere() {
        try (EventDescriptor event = EventDescriptor.create()) {
            int[] twelve = IntStream.generate(event::descriptor).limit(12).toArray();
            byte[] message = new byte[4];
            for (int i = 0; i < 4; i++) {
                here.write(Arrays.copyOf(message, 1), twelve);
            }

            assertErrno(Errno.EPROTO, () -> there.read(4));
        }
    }

    @Test
    void descriptorsInTheMiddleOfAMessageAreRefused() {
        try (EventDescriptor event = EventDescriptor.create()) {
            here.write(bytes("head"));
            here.write(bytes("rest"), event.descriptor());
            assertThat(there.read(4)).isPresent();

            assertErrno(Errno.EPROTO, () -> there.readRest(4));
        }
    }

    @Test
    void anEndBetweenMessagesIsTheEndAndWithinOneAFailure() {
        here.write(bytes("abc"));
        here.close();

        assertThat(there.read(2)).isPresent();
        assertErrno(Errno.ECONNRESET, () -> there.read(2));
        assertThat(there.read(2)).isEmpty();
    }

    @Test
    void aMessageThatDoesNotGoOnEndsInTime() {
        hangUp();
        pair(SHORT);
        here.write(bytes("a"));

        assertErrno(Errno.ETIMEDOUT, () -> there.read(2));
        assertErrno(Errno.ETIMEDOUT, () -> there.readRest(2));
    }

    @Test
    void aPeerThatDoesNotReadIsGivenUpInTime() {
        hangUp();
        pair(SHORT);

        assertErrno(Errno.ETIMEDOUT, () -> there.write(new byte[64 << 20]));
    }

    @Test
    void writingToAPeerThatIsGoneFails() {
        there.close();

        assertErrno(Errno.EPIPE, () -> here.write(new byte[1]));
    }

    @Test
    void hangingUpEndsWhoeverWaits() {
        CompletableFuture<Optional<DescriptorStream.Message>> reading =
                CompletableFuture.supplyAsync(() -> there.read(1), PLATFORM);
        there.hangUp();
        assertThat(reading.join()).isEmpty();

        CompletableFuture<Optional<DescriptorStream>> accepting =
                CompletableFuture.supplyAsync(listener::accept, PLATFORM);
        listener.hangUp();
        assertThat(accepting.join()).isEmpty();
    }

    @Test
    void aBellRingsWhileNobodySpeaks() throws InterruptedException {
        try (EventDescriptor bell = EventDescriptor.create()) {
            CountDownLatch rung = new CountDownLatch(3);
            there.bell(bell, rung::countDown);
            CompletableFuture<Optional<DescriptorStream.Message>> reading =
                    CompletableFuture.supplyAsync(() -> there.read(1), PLATFORM);
            while (rung.getCount() > 0) {
                bell.signal();
            }
            rung.await();
            here.write(new byte[1]);
            assertThat(reading.join()).isPresent();
        }
    }

    @Test
    void aBellThatIsNoneIsRefused() {
        // Readable for ever: a file.
        try (SharedMemory file = SharedMemory.create("no bell", 4096)) {
            here.write(new byte[1], file.descriptor());
            DescriptorStream.Message message = there.read(1).orElseThrow();

            assertErrno(
                    Errno.EINVAL,
                    () -> EventDescriptor.adopt(message.descriptors().getFirst()));
        }
    }

    /** As User Mode Linux has it: one end of a socketpair. */
    @Test
    void aSocketIsABellUntilItsOtherSideIsGone() {
        try (DescriptorStream ringer = DescriptorStream.connect(path, PATIENCE);
                DescriptorStream rung = listener.accept().orElseThrow()) {
            here.write(new byte[1], rung.socket());
            DescriptorStream.Message message = there.read(1).orElseThrow();
            try (EventDescriptor bell =
                    EventDescriptor.adopt(message.descriptors().getFirst())) {
                assertThat(bell.clear()).isTrue();
                bell.signal();
                assertThat(ringer.read(8)).isPresent();
                ringer.write(new byte[8]);
                assertThat(bell.clear()).isTrue();
                ringer.close();
                assertThat(bell.clear()).isFalse();
                bell.signal();
            }
        }
    }

    @Test
    void eachOfSeveralBellsHasItsOwnListener() {
        try (EventDescriptor first = EventDescriptor.create();
                EventDescriptor second = EventDescriptor.create();
                EventDescriptor third = EventDescriptor.create()) {
            StringBuilder rung = new StringBuilder();
            there.bell(first, () -> rung.append("first"));
            there.bell(second, () -> rung.append("second"));
            there.bell(third, () -> rung.append("third"));
            there.unbell(third);
            second.signal();
            third.signal();
            here.write(new byte[1]);

            assertThat(there.read(1)).isPresent();
            assertThat(rung).hasToString("second");
        }
    }

    @Test
    void aStreamGoesOverAStream() {
        DescriptorStream other = DescriptorStream.connect(path, PATIENCE);
        try (DescriptorStream end = listener.accept().orElseThrow();
                EventDescriptor event = EventDescriptor.create()) {
            here.write(new byte[1], other.socket());
            other.close();
            int received = there.read(1).orElseThrow().descriptors().getFirst();
            try (DescriptorStream adopted = DescriptorStream.adopt(received, PATIENCE)) {
                adopted.write(bytes("through"));
                assertThat(end.read(7))
                        .hasValueSatisfying(
                                message -> assertThat(message.bytes()).isEqualTo(bytes("through")));
            }
            here.write(new byte[1], event.descriptor());
            int none = there.read(1).orElseThrow().descriptors().getFirst();
            assertErrno(Errno.EINVAL, () -> DescriptorStream.adopt(none, PATIENCE));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
