package dev.crossdev.gpu.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.dmabuf.memory.EventDescriptor;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real front end's words (User Mode Linux 6.1 with a stock virtio-gpu driver, recorded), and thousands of what they are not. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class VhostUserTranscriptTest {

    private static final int MUTATIONS = 10_000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Of the recorded machine: its memory, its first ring. */
    private static final long MEMORY_BYTES = 0x14ae_9000L;

    private static final long DESCRIPTORS = 0x0d64_8000L;
    private static final long AVAILABLE = 0x0d64_9000L;
    private static final long USED = 0x0d64_a000L;
    private static final long BUFFERS = 0x0d70_0000L;

    /** What was said, and how many descriptors came with it. */
    private record Said(boolean byFrontEnd, byte[] bytes, int descriptors) {
        int request() {
            return bytes[0] & 0xff;
        }
    }

    @TempDir
    private Path folder;

    private final SharedMemory memory = SharedMemory.create("machine", MEMORY_BYTES);
    private final List<EventDescriptor> events =
            List.of(EventDescriptor.create(), EventDescriptor.create(), EventDescriptor.create());
    private VhostUserHost host;

    @BeforeEach
    void listen() {
        host = new VhostUserHost(folder.resolve("gpu.sock"));
    }

    @AfterEach
    void nothingIsLeft() {
        host.close();
        memory.close();
        events.forEach(EventDescriptor::close);
        assertThat(SharedMemory.live()).isZero();
    }

    private static List<Said> transcript() throws IOException {
        try (var in = VhostUserTranscriptTest.class.getResourceAsStream("/captures/wire-vhost-user.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .map(VhostUserTranscriptTest::parse)
                    .toList();
        }
    }

    /** {@code F> header payload fds=n}; a dash is no payload. */
    private static Said parse(String line) {
        String[] words = line.split(" ", -1);
        String payload = words.length > 2 && !words[2].equals("-") ? words[2] : "";
        int descriptors = words.length > 3 ? Integer.parseInt(words[3].substring("fds=".length())) : 0;
        byte[] bytes = HexFormat.of().parseHex(words[1] + payload);
        // The recorder left out the eight bytes that came with a descriptor and meant nothing.
        return new Said(words[0].equals("F>"), Arrays.copyOf(bytes, 12 + (bytes[8] & 0xff)), descriptors);
    }

    private int descriptorFor(int request) {
        return switch (request) {
            case FrontEnd.SET_MEM_TABLE -> memory.descriptor();
            case FrontEnd.SET_VRING_KICK -> events.get(0).descriptor();
            case FrontEnd.SET_VRING_CALL -> events.get(1).descriptor();
            default -> events.get(2).descriptor();
        };
    }

    @Test
    void aRealFrontEndIsAnsweredAsItWasAndItsDriverIsServed() throws Exception {
        // The ring as a driver makes it: all zero.
        write(AVAILABLE, new byte[64]);
        write(USED, new byte[64]);
        try (VhostUserListener ear = new VhostUserListener(folder.resolve("back.sock"));
                DescriptorStream front = DescriptorStream.connect(host.server.path(), PATIENCE)) {
            boolean running = false;
            for (Said said : transcript()) {
                if (said.byFrontEnd()) {
                    if (running && said.request() == FrontEnd.SET_VRING_ENABLE) {
                        drive();
                        running = false;
                    }
                    running |= said.request() == FrontEnd.GET_CONFIG;
                    int given =
                            said.request() == FrontEnd.SET_BACKEND_REQ_FD ? ear.given() : descriptorFor(said.request());
                    front.write(said.bytes(), said.descriptors() == 0 ? new int[0] : new int[] {given});
                } else {
                    check(said, FrontEnd.reply(front).orElseThrow());
                }
            }
            // It did not ask for news of objects.
            assertThat(ear.hasNext()).isFalse();
        }
    }

    /** The same, but that this back end offers more features than the one that was recorded. */
    private static void check(Said said, FrontEnd.Reply reply) throws Exception {
        assertThat(reply.request()).isEqualTo(said.request());
        WireReader recorded = new WireReader(said.bytes()).skip(12);
        if (said.request() == FrontEnd.GET_FEATURES || said.request() == FrontEnd.GET_PROTOCOL_FEATURES) {
            long offered = recorded.u64();
            assertThat(reply.u64() & offered).isEqualTo(offered);
        } else {
            assertThat(reply.payload()).isEqualTo(recorded.bytes((int) recorded.remaining()));
        }
    }

    /** One resource and its UUID, in a ring written by hand. */
    private void drive() throws Exception {
        GpuReply created = run(0, new GpuCommand.ResourceCreate2d(1, PixelFormat.B8G8R8X8_UNORM.number(), 16, 16));
        assertThat(created.response().result()).isEqualTo(GpuResult.OK_NODATA);
        GpuReply assigned = run(1, new GpuCommand.ResourceAssignUuid(1));
        assertThat(host.gpu.objects.find("linux", ((GpuResponse.OkResourceUuid) assigned.response()).uuid()))
                .isPresent();
    }

    private GpuReply run(int number, GpuCommand command) throws Exception {
        byte[] request = GpuWire.encodeRequest(GpuRequest.of(command));
        long buffer = BUFFERS + 4096L * number;
        write(buffer, request);
        write(DESCRIPTORS, descriptor(buffer, request.length, 1, 1));
        write(DESCRIPTORS + 16, descriptor(buffer + 2048, 64, 2, 0));
        write(AVAILABLE + 4 + 2L * number, new byte[2]);
        write(AVAILABLE + 2, new byte[] {(byte) (number + 1), 0});
        events.getFirst().signal();
        await().untilAsserted(() -> assertThat(read(USED + 2, 2)[0]).isEqualTo((byte) (number + 1)));
        int written = new WireReader(read(USED + 4 + 8L * number, 8)).skip(4).u32();
        return GpuWire.decodeReply(read(buffer + 2048, written));
    }

    private static byte[] descriptor(long address, int length, int flags, int next) {
        return new WireWriter(16)
                .u64(address)
                .u32(length)
                .u32(flags | next << 16)
                .toBytes();
    }

    private void write(long address, byte[] bytes) {
        memory.slice(address, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    }

    private byte[] read(long address, int length) {
        return memory.slice(address, length).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void thousandsOfMutationsLeaveTheDoorAsItWas() throws Exception {
        List<Said> said = transcript().stream().filter(Said::byFrontEnd).toList();
        speak(said, new Random(0));
        awaitRest();
        long descriptors = VhostUserHost.openDescriptors();
        for (int seed = 1; seed <= MUTATIONS; seed++) {
            Random random = new Random(seed);
            speak(mutated(said, random), random);
        }
        awaitRest();

        assertThat(VhostUserHost.openDescriptors()).isEqualTo(descriptors);
        assertThat(SharedMemory.live())
                .as("beside the machine's and the fences'")
                .isEqualTo(2);
        aRealFrontEndIsAnsweredAsItWasAndItsDriverIsServed();
    }

    private void awaitRest() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(host.gpu.house.inventory().count()).isZero();
            assertThat(SharedMemory.live()).isEqualTo(2);
        });
    }

    /** Says all of it, and then listens until everything that could be answered was. */
    private void speak(List<Said> messages, Random random) {
        scribble(random);
        try (DescriptorStream front = connected()) {
            for (Said message : messages) {
                int[] given = new int[message.descriptors()];
                for (int i = 0; i < given.length; i++) {
                    given[i] = random.nextInt(8) == 0
                            ? descriptorFor(random.nextInt(32))
                            : descriptorFor(message.request());
                }
                front.write(message.bytes(), given);
                if (message.request() == FrontEnd.SET_VRING_ENABLE) {
                    events.getFirst().signal();
                }
            }
            front.write(
                    new WireWriter(12).u32(FrontEnd.GET_QUEUE_NUM).u32(1).u32(0).toBytes());
            listen(front);
        } catch (ErrnoException hungUp) {
            // As it may.
            assertThat(hungUp).isNotNull();
        }
    }

    /** A connection that is served: the one before may still be on its way out. */
    private DescriptorStream connected() {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            DescriptorStream front = DescriptorStream.connect(host.server.path(), PATIENCE);
            try {
                front.write(new WireWriter(12)
                        .u32(FrontEnd.GET_FEATURES)
                        .u32(1)
                        .u32(0)
                        .toBytes());
                if (FrontEnd.reply(front).isPresent()) {
                    return front;
                }
            } catch (ErrnoException turnedAway) {
                Thread.onSpinWait();
            }
            front.close();
        }
        throw new AssertionError("not served any more");
    }

    private static void listen(DescriptorStream front) {
        long quiet = System.nanoTime() + Duration.ofMillis(3).toNanos();
        while (System.nanoTime() < quiet) {
            if (!front.isReadable()) {
                Thread.onSpinWait();
                continue;
            }
            Optional<FrontEnd.Reply> reply = FrontEnd.reply(front);
            if (reply.isEmpty() || reply.get().request() == FrontEnd.GET_QUEUE_NUM) {
                return;
            }
            reply.get().descriptors().forEach(each -> DescriptorStream.drop(List.of(each)));
            quiet = System.nanoTime() + Duration.ofMillis(3).toNanos();
        }
    }

    /** Anything in the places where the recorded machine has its rings. */
    private void scribble(Random random) {
        byte[] noise = new byte[64];
        random.nextBytes(noise);
        write(DESCRIPTORS, random.nextBoolean() ? noise : new byte[64]);
        write(USED, new byte[64]);
        write(AVAILABLE, new byte[] {0, 0, (byte) random.nextInt(4), (byte) (random.nextInt(8) == 0 ? 1 : 0)});
    }

    private static List<Said> mutated(List<Said> messages, Random random) {
        List<Said> mutated = new ArrayList<>(messages);
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(mutated.size());
            Said message = mutated.get(at);
            switch (random.nextInt(8)) {
                case 0 -> mutated.remove(at);
                case 1 -> mutated.add(at, message);
                case 2 -> mutated.add(random.nextInt(mutated.size()), message);
                case 3 -> mutated.set(at, new Said(true, message.bytes(), random.nextInt(10)));
                case 4 -> mutated.set(at, truncated(message, random));
                case 5 -> mutated.set(at, otherRequest(message, random));
                default -> mutated.set(at, flipped(message, random));
            }
        }
        return mutated;
    }

    private static Said flipped(Said message, Random random) {
        byte[] bytes = message.bytes().clone();
        // Mostly in the payload, where there is one: headers are few and soon refused.
        int from = bytes.length > 12 && random.nextInt(4) > 0 ? 12 : 0;
        for (int i = 0; i <= random.nextInt(3); i++) {
            int at = from + random.nextInt(bytes.length - from);
            bytes[at] = (byte) (random.nextBoolean() ? random.nextInt() : bytes[at] ^ 1 << random.nextInt(8));
        }
        return new Said(true, bytes, message.descriptors());
    }

    private static Said truncated(Said message, Random random) {
        byte[] bytes = Arrays.copyOf(message.bytes(), 1 + random.nextInt(message.bytes().length));
        return new Said(true, bytes, message.descriptors());
    }

    /** The same bytes under another number. */
    private static Said otherRequest(Said message, Random random) {
        byte[] bytes = message.bytes().clone();
        bytes[0] = (byte) random.nextInt(48);
        return new Said(true, bytes, message.descriptors());
    }
}
