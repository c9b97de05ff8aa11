package dev.crossdev.dmabuf.memory;

import static dev.crossdev.dmabuf.memory.SharedMemoryTest.assertErrno;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.memory.DescriptorProtocol.Operation;
import dev.crossdev.dmabuf.memory.DescriptorProtocol.Request;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DescriptorServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(100);

    @TempDir
    Path folder;

    private Path path;
    private long liveBefore;
    private long descriptorsBefore;

    @BeforeEach
    void countBefore() throws IOException {
        path = folder.resolve("s");
        SharedMemory.create("warm up", 1).close();
        // The JDK keeps a socket of its own from its first channel on, for those that are closed under a reader.
        SocketChannel.open(StandardProtocolFamily.UNIX).close();
        liveBefore = SharedMemory.live();
        descriptorsBefore = SharedMemoryTest.descriptors();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(SharedMemory.live()).isEqualTo(liveBefore);
        await().untilAsserted(() -> assertThat(SharedMemoryTest.descriptors()).isEqualTo(descriptorsBefore));
        assertThat(path).doesNotExist();
    }

    @Test
    void aPublishedMemoryIsTheSameMemoryForItsGetter() {
        try (DescriptorServer server = DescriptorServer.listen(path);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                SharedMemory memory = SharedMemory.create("test", 8192)) {
            MemoryToken token = server.publish(memory);
            try (SharedMemory got = client.get(token, 8192)) {
                got.segment().set(JAVA_BYTE, 8191, (byte) 3);
                assertThat(got.size()).isEqualTo(8192);
                assertThat(memory.segment().get(JAVA_BYTE, 8191)).isEqualTo((byte) 3);
            }
        }
    }

    @Test
    void connectingToAServiceThatAcceptsNobodyEndsInTimeOrWithAnInterrupt() throws IOException {
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocketChannel deaf = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
            deaf.bind(address, 1);
            fillBacklog(address, waiting);

            assertErrno(Errno.ETIMEDOUT, () -> DescriptorClient.connect(path, Duration.ofMillis(20)));
            Thread.currentThread().interrupt();
            assertErrno(Errno.EINTR, () -> DescriptorClient.connect(path, PATIENCE));
            assertThat(Thread.interrupted()).isTrue();
        } finally {
            for (SocketChannel channel : waiting) {
                channel.close();
            }
            Files.delete(path);
        }
    }

    private static void fillBacklog(UnixDomainSocketAddress address, List<SocketChannel> waiting) throws IOException {
        boolean room = true;
        while (room) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            waiting.add(channel);
            channel.configureBlocking(false);
            try {
                room = channel.connect(address);
            } catch (IOException _) {
                // EAGAIN
                room = false;
            }
        }
    }

    @Test
    void whatIsPutCanBeTakenOnce() {
        try (DescriptorServer server = DescriptorServer.listen(path);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken token = client.put(memory);
            assertThat(server.unclaimed()).isOne();

            try (SharedMemory taken = server.take(token).orElseThrow()) {
                taken.segment().set(JAVA_BYTE, 0, (byte) 5);
                assertThat(memory.segment().get(JAVA_BYTE, 0)).isEqualTo((byte) 5);
            }
            assertThat(server.take(token)).isEmpty();
            assertThat(server.unclaimed()).isZero();
        }
    }

    @Test
    void anUnknownWithdrawnOrClosedMemoryIsEnoentAndTheConnectionGoesOn() {
        try (DescriptorServer server = DescriptorServer.listen(path);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            assertErrno(Errno.ENOENT, () -> client.get(MemoryToken.random(), 1));

            MemoryToken token = server.publish(memory);
            client.get(token, 1).close();
            assertThat(server.withdraw(token)).isTrue();
            assertThat(server.withdraw(token)).isFalse();
            assertErrno(Errno.ENOENT, () -> client.get(token, 1));

            SharedMemory closed = SharedMemory.create("test", 4096);
            MemoryToken second = server.publish(closed);
            closed.close();
            assertErrno(Errno.ENOENT, () -> client.get(second, 1));
            assertThat(client.isOpen()).isTrue();
        }
    }

    @Test
    void aMemoryTooSmallForItsGetterIsEinvalAndTheConnectionGoesOn() {
        try (DescriptorServer server = DescriptorServer.listen(path);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken token = server.publish(memory);

            assertErrno(Errno.EINVAL, () -> client.get(token, 4097));
            client.get(token, 4096).close();
        }
    }

    @Test
    void anUnsealedDescriptorIsRefused() {
        try (DescriptorServer server = DescriptorServer.listen(path);
                Peer peer = new Peer(path)) {
            int raw = MemoryCalls.memfdCreate("raw");
            assertThat(MemoryCalls.ftruncate(raw, 4096)).isZero();

            peer.send(DescriptorProtocol.encode(new Request(Operation.PUT, MemoryToken.random())), raw);

            assertThat(peer.error()).isEqualTo(Errno.EINVAL);
            assertThat(server.unclaimed()).isZero();
            Libc.close(raw);
        }
    }

    @Test
    void aTokenThatIsInUseIsEexistAndTheFirstMemoryStays() {
        MemoryToken token = MemoryToken.random();
        byte[] put = DescriptorProtocol.encode(new Request(Operation.PUT, token));
        try (DescriptorServer server = DescriptorServer.listen(path);
                Peer peer = new Peer(path);
                SharedMemory first = SharedMemory.create("first", 4096);
                SharedMemory second = SharedMemory.create("second", 8192)) {
            peer.send(put, first.descriptor());
            assertThat(peer.error()).isNull();
            peer.send(put, second.descriptor());
            assertThat(peer.error()).isEqualTo(Errno.EEXIST);

            try (SharedMemory taken = server.take(token).orElseThrow()) {
                assertThat(taken.size()).isEqualTo(4096);
            }
        }
    }

    @Test
    void unclaimedMemoryGoesWithItsConnection() {
        try (DescriptorServer server = DescriptorServer.listen(path);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken token;
            try (DescriptorClient client = DescriptorClient.connect(path, PATIENCE)) {
                token = client.put(memory);
            }
            await().untilAsserted(() -> assertThat(server.unclaimed()).isZero());
            assertThat(server.take(token)).isEmpty();
            await().untilAsserted(() -> assertThat(server.connections()).isZero());
        }
    }

    @Test
    void unclaimedMemoryGoesWhenItsTimeIsUp() {
        DescriptorLimits limits = new DescriptorLimits(4, 4, SHORT, PATIENCE);
        try (DescriptorServer server = DescriptorServer.listen(path, limits);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken token = client.put(memory);

            await().untilAsserted(() -> assertThat(server.unclaimed()).isZero());
            assertThat(server.take(token)).isEmpty();
            assertThat(client.isOpen()).isTrue();
            server.withdraw(token);
        }
    }

    @Test
    void unclaimedMemoriesAreBounded() {
        DescriptorLimits limits = new DescriptorLimits(4, 2, PATIENCE, PATIENCE);
        try (DescriptorServer server = DescriptorServer.listen(path, limits);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken first = client.put(memory);
            client.put(memory);
            assertErrno(Errno.EMFILE, () -> client.put(memory));

            server.take(first).orElseThrow().close();
            client.put(memory);
        }
    }

    @Test
    void connectionsAreBoundedAndTheOneTooManyIsToldSo() {
        DescriptorLimits limits = new DescriptorLimits(2, 2, PATIENCE, PATIENCE);
        try (DescriptorServer server = DescriptorServer.listen(path, limits);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken token = server.publish(memory);
            try (DescriptorClient first = DescriptorClient.connect(path, PATIENCE);
                    DescriptorClient second = DescriptorClient.connect(path, PATIENCE)) {
                first.get(token, 1).close();
                second.get(token, 1).close();
                try (DescriptorClient third = DescriptorClient.connect(path, PATIENCE)) {
                    assertErrno(Errno.EMFILE, () -> third.get(token, 1));
                    assertErrno(Errno.EPIPE, () -> third.get(token, 1));
                    assertThat(third.isOpen()).isFalse();
                }
                first.get(token, 1).close();
            }
            await().untilAsserted(() -> assertThat(server.connections()).isZero());
            try (DescriptorClient later = DescriptorClient.connect(path, PATIENCE)) {
                later.get(token, 1).close();
            }
        }
    }

    @Test
    void aPeerOfAnotherUserIsToldEacces() {
        try (DescriptorServer server = DescriptorServer.start(path, DescriptorLimits.DEFAULT, uid -> false);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE)) {
            assertErrno(Errno.EACCES, () -> client.get(MemoryToken.random(), 1));
            assertThat(server.connections()).isZero();
        }
    }

    @Test
    void thePeersUserIsTheOneTheKernelSays() {
        List<Long> seen = new CopyOnWriteArrayList<>();
        try (DescriptorServer server = DescriptorServer.start(path, DescriptorLimits.DEFAULT, uid -> {
                    seen.add(uid);
                    return true;
                });
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE)) {
            assertErrno(Errno.ENOENT, () -> client.get(MemoryToken.random(), 1));
            assertThat(server.connections()).isOne();
            assertThat(seen).containsExactly(SocketCalls.ownUid());
        }
    }

    @Test
    void rubbishCostsItsSenderTheConnectionAndNobodyElseAnything() {
        Random random = new Random(11);
        try (DescriptorServer server = DescriptorServer.listen(path);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken token = server.publish(memory);
            for (int i = 0; i < 50; i++) {
                try (Peer peer = new Peer(path)) {
                    byte[] rubbish = new byte[DescriptorProtocol.REQUEST_BYTES + random.nextInt(100)];
                    random.nextBytes(rubbish);
                    peer.send(rubbish, i % 2 == 0 ? memory.descriptor() : -1);
                    assertThat(peer.error()).isEqualTo(Errno.EPROTO);
                    peer.awaitEnd();
                }
            }
            client.get(token, 1).close();
            assertThat(server.unclaimed()).isZero();
        }
    }

    @Test
    void aDescriptorTooManyOrTooFewIsEproto() {
        byte[] put = DescriptorProtocol.encode(new Request(Operation.PUT, MemoryToken.random()));
        byte[] get = DescriptorProtocol.encode(new Request(Operation.GET, MemoryToken.random()));
        try (DescriptorServer server = DescriptorServer.listen(path);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            try (Peer peer = new Peer(path)) {
                peer.send(put, -1);
                assertThat(peer.error()).isEqualTo(Errno.EPROTO);
                peer.awaitEnd();
            }
            try (Peer peer = new Peer(path)) {
                peer.send(get, memory.descriptor());
                assertThat(peer.error()).isEqualTo(Errno.EPROTO);
                peer.awaitEnd();
            }
            try (Peer peer = new Peer(path)) {
                // One descriptor with each byte.
                for (byte single : put) {
                    peer.send(new byte[] {single}, memory.descriptor());
                }
                assertThat(peer.error()).isEqualTo(Errno.EPROTO);
            }
            assertThat(server.unclaimed()).isZero();
        }
    }

    @Test
    void aRequestThatComesByteByByteIsARequest() {
        MemoryToken token = MemoryToken.random();
        byte[] put = DescriptorProtocol.encode(new Request(Operation.PUT, token));
        try (DescriptorServer server = DescriptorServer.listen(path);
                Peer peer = new Peer(path);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            for (int i = 0; i < put.length; i++) {
                peer.send(new byte[] {put[i]}, i == 13 ? memory.descriptor() : -1);
            }
            assertThat(peer.error()).isNull();
            server.take(token).orElseThrow().close();
        }
    }

    @Test
    void aStalledPeerIsCutOffAndAnIdleOneIsNot() {
        DescriptorLimits limits = new DescriptorLimits(4, 4, PATIENCE, SHORT);
        try (DescriptorServer server = DescriptorServer.listen(path, limits);
                Peer idle = new Peer(path);
                Peer stalled = new Peer(path);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken token = server.publish(memory);
            byte[] get = DescriptorProtocol.encode(new Request(Operation.GET, token));
            stalled.send(new byte[] {get[0], get[1]}, -1);

            stalled.awaitEnd();
            idle.send(get, -1);
            assertThat(idle.error()).isNull();
        }
    }

    @Test
    void aPeerThatNeverReadsIsCutOffAndNobodyWaitsForIt() {
        try (DescriptorServer server = DescriptorServer.listen(path);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                Peer deaf = new Peer(path);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken token = server.publish(memory);
            byte[] get = DescriptorProtocol.encode(new Request(Operation.GET, token));
            await().pollInterval(Duration.ofMillis(1))
                    .until(() -> IntStream.range(0, 100).anyMatch(_ -> deaf.trySend(get) == -Errno.EPIPE.number()));
            client.get(token, 1).close();
        }
    }

    @Test
    void manyThreadsShareOneClient() throws Exception {
        try (DescriptorServer server = DescriptorServer.listen(path);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                long number = i;
                all.add(threads.submit(() -> {
                    try (SharedMemory memory = SharedMemory.create("test", 4096)) {
                        memory.segment().set(JAVA_LONG, 0, number);
                        MemoryToken there = client.put(memory);
                        try (SharedMemory taken = server.take(there).orElseThrow()) {
                            assertThat(taken.segment().get(JAVA_LONG, 0)).isEqualTo(number);
                            MemoryToken back = server.publish(taken);
                            try (SharedMemory got = client.get(back, 1)) {
                                assertThat(got.segment().get(JAVA_LONG, 0)).isEqualTo(number);
                            }
                            server.withdraw(back);
                        }
                    }
                }));
            }
            for (Future<?> future : all) {
                future.get();
            }
            assertThat(server.unclaimed()).isZero();
            assertThat(server.published()).isZero();
        }
    }

    @Test
    void anInterruptDoesNotBreakTheSharedConnectionAndTheFlagStays() throws Exception {
        try (DescriptorServer server = DescriptorServer.listen(path);
                DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
                SharedMemory memory = SharedMemory.create("test", 4096)) {
            MemoryToken token = server.publish(memory);
            AtomicBoolean flagStays = new AtomicBoolean();
            Thread interrupted = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                assertErrno(Errno.EINTR, () -> client.get(token, 1));
                flagStays.set(Thread.currentThread().isInterrupted());
            });
            assertThat(interrupted.join(PATIENCE)).isTrue();
            assertThat(flagStays).isTrue();
            client.get(token, 1).close();
        }
    }

    @Test
    void aServerThatNeverAnswersIsEtimedoutAndThenEpipe() {
        ListeningSocket silent = ListeningSocket.at(path);
        try (DescriptorClient client = DescriptorClient.connect(path, SHORT)) {
            assertErrno(Errno.ETIMEDOUT, () -> client.get(MemoryToken.random(), 1));
            assertErrno(Errno.EPIPE, () -> client.get(MemoryToken.random(), 1));
        } finally {
            silent.close();
        }
    }

    @Test
    void aServerThatClosesEndsItsClientsCallsWithEpipe() {
        DescriptorServer server = DescriptorServer.listen(path);
        try (DescriptorClient client = DescriptorClient.connect(path, PATIENCE)) {
            assertErrno(Errno.ENOENT, () -> client.get(MemoryToken.random(), 1));
            server.close();
            server.close();
            assertErrno(Errno.EPIPE, () -> client.get(MemoryToken.random(), 1));
        }
    }

    @Test
    void aClientThatIsClosedSaysEpipe() {
        try (DescriptorServer server = DescriptorServer.listen(path)) {
            DescriptorClient client = DescriptorClient.connect(path, PATIENCE);
            client.close();
            client.close();
            assertErrno(Errno.EPIPE, () -> client.get(MemoryToken.random(), 1));
            assertThat(server.path()).isEqualTo(path);
        }
    }

    @Test
    void nobodyThereIsEnoentOrEconnrefused() throws IOException {
        assertErrno(Errno.ENOENT, () -> DescriptorClient.connect(path, PATIENCE));

        leaveStaleSocket();
        assertErrno(Errno.ECONNREFUSED, () -> DescriptorClient.connect(path, PATIENCE));
        Files.delete(path);
    }

    @Test
    void aStaleSocketIsReplacedAndALiveOneIsNot() {
        leaveStaleSocket();
        try (DescriptorServer server = DescriptorServer.listen(path)) {
            assertErrno(Errno.EADDRINUSE, () -> DescriptorServer.listen(path));
            try (DescriptorClient client = DescriptorClient.connect(server.path(), PATIENCE)) {
                assertErrno(Errno.ENOENT, () -> client.get(MemoryToken.random(), 1));
            }
        }
    }

    @Test
    void aFileThatIsNoSocketIsNeverTouched() throws IOException {
        Files.writeString(path, "precious");

        assertErrno(Errno.EEXIST, () -> DescriptorServer.listen(path));
        assertThat(path).hasContent("precious");
        Files.delete(path);
    }

    @Test
    void theSocketIsForItsOwnerAlone() throws IOException {
        try (DescriptorServer server = DescriptorServer.listen(path)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.path())))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void aSuccessorsSocketSurvivesTheCloseOfItsPredecessor() throws IOException {
        DescriptorServer first = DescriptorServer.listen(path);
        Files.move(path, folder.resolve("aside"));
        try (DescriptorServer second = DescriptorServer.listen(path)) {
            first.close();
            assertThat(second.path()).exists();
        }
    }

    @Test
    void aMissingFolderIsEnoentAndALongPathEinvalThatSaysWhy() {
        assertErrno(
                Errno.ENOENT,
                () -> DescriptorServer.listen(folder.resolve("none").resolve("s")));

        Path longPath = Path.of("/tmp/" + "x".repeat(103));
        assertThat(longPath.toString()).hasSize(SocketCalls.LONGEST_PATH + 1);
        assertErrno(Errno.EINVAL, () -> DescriptorServer.listen(longPath));
        assertErrno(Errno.EINVAL, () -> DescriptorClient.connect(longPath, PATIENCE));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> DescriptorServer.listen(longPath))
                .hasMessageContaining("107 bytes");
    }

    @Test
    void aPathOfTheGreatestLengthWorks() throws IOException {
        Path base = Files.createTempDirectory(Path.of("/tmp"), "xd");
        Path longest = base.resolve(
                "x".repeat(SocketCalls.LONGEST_PATH - base.toString().length() - 1));
        assertThat(longest.toString()).hasSize(SocketCalls.LONGEST_PATH);
        try (DescriptorServer server = DescriptorServer.listen(longest);
                DescriptorClient client = DescriptorClient.connect(server.path(), PATIENCE)) {
            assertErrno(Errno.ENOENT, () -> client.get(MemoryToken.random(), 1));
        }
        Files.delete(base);
    }

    private void leaveStaleSocket() {
        int socket = SocketCalls.socket();
        assertThat(SocketCalls.bind(socket, path)).isZero();
        Libc.close(socket);
        assertThat(path).exists();
    }

    /** A peer that says what it likes. */
    private static final class Peer implements AutoCloseable {
        private final int socket = SocketCalls.socket();

        Peer(Path path) {
            assertThat(SocketCalls.connect(socket, path)).isZero();
        }

        void send(byte[] bytes, int descriptor) {
            int sent = DescriptorMessages.send(socket, bytes, 0, descriptor);
            // A peer may have been cut off by what it said before.
            assertThat(sent).isIn(bytes.length, -Errno.EPIPE.number());
        }

        int trySend(byte[] bytes) {
            return DescriptorMessages.send(socket, bytes, 0, -1);
        }

        /** The error of the next reply; null for OK. */
        @Nullable
        Errno error() {
            boolean[] ready = SocketCalls.poll(new int[] {socket}, (int) PATIENCE.toMillis());
            assertThat(ready).containsExactly(true);
            DescriptorMessages.Received received = DescriptorMessages.receive(socket, DescriptorProtocol.REPLY_BYTES);
            received.descriptors().forEach(Libc::close);
            int error = DescriptorProtocol.decodeReply(received.bytes()).error();
            return error == 0 ? null : Errno.of(error);
        }

        void awaitEnd() {
            boolean[] ready = SocketCalls.poll(new int[] {socket}, (int) PATIENCE.toMillis());
            assertThat(ready).containsExactly(true);
            assertThat(DescriptorMessages.receive(socket, 1).result()).isIn(0, -Errno.ECONNRESET.number());
        }

        @Override
        public void close() {
            Libc.close(socket);
        }
    }
}
