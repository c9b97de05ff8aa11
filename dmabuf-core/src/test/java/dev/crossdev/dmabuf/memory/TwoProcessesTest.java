package dev.crossdev.dmabuf.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.FenceTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two JVMs, one memory. */
@Timeout(120)
class TwoProcessesTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int OWN_HOLDER = 1;
    private static final int PEERS_HOLDER = 2;

    @TempDir
    Path folder;

    private DescriptorServer server;
    private SharedMemory buffer;
    private FenceTable fences;
    private FenceSlot slot;
    private Process process;
    private PrintWriter toPeer;
    private BufferedReader fromPeer;
    private MemoryToken peersMemory;

    @BeforeEach
    void startPeer() throws IOException {
        server = DescriptorServer.listen(folder.resolve("s"));
        buffer = SharedMemory.create("buffer", 4096);
        fences = FenceTable.create(8);
        fences.allocate();
        slot = fences.slot(fences.allocate());
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PeerProcess.class.getName(),
                        server.path().toString(),
                        server.publish(buffer).toString(),
                        server.publish(fences.memory()).toString(),
                        Integer.toString(slot.index()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        toPeer = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        fromPeer = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        peersMemory = MemoryToken.parse(Objects.requireNonNull(fromPeer.readLine(), "the peer said nothing"));
    }

    @AfterEach
    void stopPeer() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        server.close();
        buffer.close();
        fences.close();
    }

    @Test
    void eachSeesWhatTheOtherWrites() throws IOException {
        buffer.segment().set(JAVA_LONG, 8, 1234567);
        assertThat(ask("read 8")).isEqualTo("1234567");

        assertThat(ask("write 4088 -42")).isEqualTo("written");
        assertThat(buffer.segment().get(JAVA_LONG, 4088)).isEqualTo(-42);

        try (SharedMemory taken = server.take(peersMemory).orElseThrow()) {
            assertThat(taken.segment().get(JAVA_LONG, 0)).isEqualTo(process.pid());
        }
    }

    @Test
    void eachSeesTheOthersFences() throws IOException {
        assertThat(ask("begin 60000")).isEqualTo("true");
        assertThat(slot.writing()).isTrue();
        assertThat(slot.tryAcquireRead(OWN_HOLDER, LONG)).isFalse();
        assertThat(fences.slot(0).writing()).isFalse();

        assertThat(ask("end")).isEqualTo("true");
        assertThat(slot.tryAcquireRead(OWN_HOLDER, LONG)).isTrue();
        assertThat(ask("begin 60000")).isEqualTo("false");
        assertThat(slot.releaseRead(OWN_HOLDER)).isTrue();
        assertThat(slot.tryAcquireWrite(OWN_HOLDER, LONG)).isTrue();
        assertThat(ask("writing")).isEqualTo("true");
    }

    @Test
    void fencesAloneOrderTheWritesOfBoth() throws IOException {
        int times = 20_000;
        toPeer.println("count " + times);
        for (int i = 0; i < times; i++) {
            slot.acquireWrite(OWN_HOLDER, LONG, LONG);
            buffer.segment().set(JAVA_LONG, 0, buffer.segment().get(JAVA_LONG, 0) + 1);
            assertThat(slot.releaseWrite(OWN_HOLDER, false)).isTrue();
        }
        assertThat(fromPeer.readLine()).isEqualTo("counted");
        assertThat(buffer.segment().get(JAVA_LONG, 0)).isEqualTo(2 * times);
        assertThat(slot.expired()).isZero();
    }

    @Test
    void aDeadPeersFenceCanBeAbandonedAndItsUnclaimedMemoryGoes() throws Exception {
        assertThat(ask("begin 60000")).isEqualTo("true");
        assertThat(server.unclaimed()).isOne();

        process.destroyForcibly().waitFor();

        await().untilAsserted(() -> assertThat(server.connections()).isZero());
        assertThat(server.unclaimed()).isZero();
        assertThat(slot.writing()).isTrue();
        assertThat(fences.abandon(PEERS_HOLDER)).isOne();
        assertThat(slot.writing()).isFalse();
        assertThat(slot.writeError()).contains(Errno.ENODEV);
    }

    @Test
    void aDeadPeersFenceEndsByItsDeadlineWithAnErrorEvenIfNobodyAbandonsIt() throws Exception {
        assertThat(ask("begin 300")).isEqualTo("true");
        process.destroyForcibly().waitFor();

        slot.acquireRead(OWN_HOLDER, LONG, LONG);

        assertThat(slot.writeError()).contains(Errno.ETIMEDOUT);
        assertThat(slot.expired()).isOne();
    }

    @Test
    void memoryOutlivesTheProcessThatMadeIt() throws Exception {
        try (SharedMemory taken = server.take(peersMemory).orElseThrow()) {
            long pid = process.pid();
            process.destroyForcibly().waitFor();

            assertThat(taken.segment().get(JAVA_LONG, 0)).isEqualTo(pid);
            taken.segment().set(JAVA_LONG, 4088, 1);
        }
    }

    private String ask(String line) throws IOException {
        toPeer.println(line);
        return Objects.requireNonNull(fromPeer.readLine(), "the peer died");
    }
}
