package dev.crossdev.gpu.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.EventDescriptor;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.service.pci.PciIdentity;
import dev.crossdev.service.pci.RemotePciServer;
import dev.crossdev.testing.ring.RingDriver;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.wire.MalformedMessageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** gpu-service as a whole virtio-pci function, over a real socket; what QEMU itself makes of it, LinuxGuestTest sees. */
@Timeout(120)
class RemotePciTest {

    private static final long RAM_ADDRESS = 0;
    private static final long RAM_BYTES = 8 << 20;
    private static final int SLOT = 2048;
    private static final int DRIVER_OK = 0xf;
    private static final int NEEDS_RESET = 64;
    private static final long VERSION_1 = 1L << 32;
    private static final long EDID_AND_UUID = 0x6;
    private static final int MUTATIONS = 10_000;

    @TempDir
    Path folder;

    private final GpuHouse gpu = new GpuHouse();
    private final SharedMemory ram = SharedMemory.create("ram", RAM_BYTES);
    private long ringOffset;
    private RingDriver control = freshRing();
    private RemotePciServer server;
    private Path socket;

    @BeforeEach
    void listen() {
        socket = folder.resolve("vm0.sock");
        server = RemotePciServer.listen(
                socket,
                new RemotePciServer.Place(
                        gpu.door,
                        GpuHouse.KEY,
                        gpu.door.deviceFeatures(),
                        new PciIdentity(16, 0x0380, List.of(64, 16)),
                        1L << 30));
    }

    @AfterEach
    void nothingIsLeft() {
        server.close();
        assertThat(devices()).isZero();
        assertThat(socket).doesNotExist();
        gpu.close();
        ram.close();
    }

    @Test
    void aDriverFindsAVirtioGpuWithAllItsCapabilities() {
        try (FakeQemu qemu = new FakeQemu(socket)) {
            assertThat(qemu.config(0x00, 4)).isEqualTo(0x1050_1af4);
            assertThat(qemu.config(0x08, 4)).isEqualTo(0x0380_0001);
            assertThat(qemu.config(0x2c, 4)).isEqualTo(0x1100_1af4);
            assertThat(qemu.config(0x3d, 1)).as("INTA").isEqualTo(1);
            assertThat(qemu.config(0x06, 2)).as("has capabilities").isEqualTo(0x10);
            // A BAR's size is what of it can be written.
            qemu.config(0x10, -1, 4);
            assertThat(qemu.config(0x10, 4)).isEqualTo(-0x4000);
            qemu.config(0x14, -1, 4);
            assertThat(qemu.config(0x14, 4)).isZero();
            // Read-only, whatever is written.
            qemu.config(0x00, 0, 4);
            assertThat(qemu.config(0x00, 2)).isEqualTo(0x1af4);

            List<Integer> types = new ArrayList<>();
            for (int at = qemu.config(0x34, 1); at != 0; at = qemu.config(at + 1, 1)) {
                assertThat(qemu.config(at, 1)).isEqualTo(0x09);
                types.add(qemu.config(at + 3, 1));
            }
            assertThat(types).containsExactlyInAnyOrder(1, 2, 3, 4, 5);
            assertThat(devices()).isEqualTo(1);
        }
        await().untilAsserted(() -> assertThat(devices()).isZero());
    }

    @Test
    void aDriverBringsTheDeviceUpAndItsCommandsAreAnsweredWithAnInterrupt() throws MalformedMessageException {
        try (FakeQemu qemu = up()) {
            assertThat(qemu.bar(FakeQemu.ISR, 1)).isZero();
            assertThat(qemu.bar(FakeQemu.DEVICE_CONFIG + 8, 4))
                    .as("num_scanouts")
                    .isEqualTo(1);

            assertThat(run(qemu, new GpuCommand.ResourceCreate2d(1, PixelFormat.B8G8R8A8_UNORM.number(), 16, 16)))
                    .isInstanceOf(GpuResponse.OkNodata.class);
            assertThat(qemu.bar(FakeQemu.ISR, 1)).as("a queue has used buffers").isEqualTo(1);
            assertThat(qemu.bar(FakeQemu.ISR, 1)).as("reading clears it").isZero();
            assertThat(run(qemu, new GpuCommand.ResourceAssignUuid(1)))
                    .isInstanceOfSatisfying(
                            GpuResponse.OkResourceUuid.class,
                            answer -> assertThat(answer.uuid().version()).isEqualTo(4));

            // A reset ends all of it, and the driver may begin again.
            qemu.status(0);
            assertThat(qemu.status()).isZero();
            assertThat(qemu.bar(0x1c, 2)).as("queue_enable").isZero();
            bringUp(qemu, VERSION_1 | EDID_AND_UUID);
            assertThat(run(qemu, new GpuCommand.ResourceUnref(1))).isInstanceOf(GpuResponse.Err.class);
        }
    }

    @Test
    void theConfigurationAccessCapabilityLeadsToTheSameRegisters() {
        try (FakeQemu qemu = up()) {
            int at = qemu.config(0x34, 1);
            while (qemu.config(at + 3, 1) != 5) {
                at = qemu.config(at + 1, 1);
            }
            qemu.config(at + 4, 0, 1);
            qemu.config(at + 8, FakeQemu.STATUS, 4);
            qemu.config(at + 12, 1, 4);
            assertThat(qemu.config(at + 16, 1)).isEqualTo(DRIVER_OK);
            qemu.config(at + 8, 0x7fff_ffff, 4);
            assertThat(qemu.config(at + 16, 1)).isZero();
        }
    }

    @Test
    void featuresThatAreNotOfferedAndLegacyDriversDoNotGetFeaturesOk() {
        try (FakeQemu qemu = connected()) {
            for (long wrong : new long[] {VERSION_1 | 1, VERSION_1 | 1L << 34, EDID_AND_UUID, -1}) {
                qemu.status(0);
                qemu.status(3);
                qemu.features(wrong);
                qemu.status(0xb);
                assertThat(qemu.status()).as("features 0x%x", wrong).isEqualTo(3);
            }
        }
    }

    @Test
    void aMalformedRingIsDeviceNeedsResetAndAResetMendsIt() throws MalformedMessageException {
        try (FakeQemu qemu = up()) {
            int generation = (int) qemu.bar(0x15, 1);
            // A buffer that begins at a descriptor which is not there.
            control.makeAvailable(200);
            qemu.notifyQueue(0);

            assertThat(qemu.status()).isEqualTo(DRIVER_OK | NEEDS_RESET);
            assertThat(qemu.bar(FakeQemu.ISR, 1)).as("configuration change").isEqualTo(2);
            assertThat(qemu.bar(0x15, 1)).isNotEqualTo(generation);

            qemu.status(0);
            bringUp(qemu, VERSION_1 | EDID_AND_UUID);
            assertThat(run(qemu, new GpuCommand.ResourceUnref(1))).isInstanceOf(GpuResponse.Err.class);
        }
    }

    @Test
    void aRingThatCannotBeIsDeviceNeedsReset() {
        try (FakeQemu qemu = connected()) {
            qemu.status(3);
            qemu.features(VERSION_1);
            qemu.status(0xb);
            qemu.bar(0x16, 0, 2);
            qemu.bar(0x20, 0x7fff_0000, 4);
            qemu.bar(0x1c, 1, 2);
            qemu.status(DRIVER_OK);
            assertThat(qemu.status()).isEqualTo(DRIVER_OK | NEEDS_RESET);
        }
    }

    @Test
    void oddAccessesFindNothingAndBreakNothing() {
        try (FakeQemu qemu = up()) {
            Random random = new Random(7);
            for (int i = 0; i < 5_000; i++) {
                int length = 1 << random.nextInt(4);
                int offset = random.nextInt(0x4800) - 0x400;
                if (random.nextBoolean()) {
                    long unused = qemu.bar(offset, length);
                } else if (offset < 0x1000 || offset > 0x3000) {
                    qemu.bar(offset, random.nextLong(), length);
                }
                if (length < 8) {
                    int unused = qemu.config(random.nextInt(0x200), length);
                }
            }
            qemu.status(0);
            assertThat(qemu.config(0x00, 4)).isEqualTo(0x1050_1af4);
        }
    }

    @Test
    void anOperatorWhoUnplugsTheDeviceHangsUpOnItsMachine() {
        try (FakeQemu qemu = up()) {
            gpu.house.delete(GpuHouse.KEY, "an operator said so");
            assertThat(qemu.stream().read(1)).isEmpty();
        }
    }

    @Test
    void anOperatorsResetTellsTheDriver() {
        try (FakeQemu qemu = up()) {
            long unused = gpu.house.reset(GpuHouse.KEY);
            assertThat(qemu.status()).isEqualTo(DRIVER_OK | NEEDS_RESET);
        }
    }

    @Test
    void aSecondMachineIsTurnedAwayAndTheNextOneIsNot() {
        try (FakeQemu first = up()) {
            try (FakeQemu second = new FakeQemu(socket)) {
                assertThat(second.stream().read(1)).isEmpty();
            }
            assertThat(first.status()).isEqualTo(DRIVER_OK);
        }
        await().untilAsserted(() -> assertThat(devices()).isZero());
        try (FakeQemu third = up()) {
            assertThat(third.status()).isEqualTo(DRIVER_OK);
        }
    }

    @Test
    void memoryThatCannotBeSealedIsRefused() throws IOException {
        Path file = folder.resolve("ram");
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
            assertThat(channel.write(ByteBuffer.allocate(1), RAM_BYTES - 1)).isEqualTo(1);
            try (FakeQemu qemu = new FakeQemu(socket)) {
                assertThat(qemu.config(0, 2)).isEqualTo(0x1af4);
                byte[] payload = FakeQemu.buffer(192).putLong(64, RAM_BYTES).array();
                qemu.send(FakeQemu.SYNC_SYSMEM, payload, descriptorOf(file));
                assertThat(qemu.stream().read(1)).isEmpty();
            }
        }
    }

    /** Of this process's own table. */
    private static int descriptorOf(Path file) throws IOException {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(each -> {
                        try {
                            return Files.readSymbolicLink(each).equals(file.toRealPath());
                        } catch (IOException e) {
                            return false;
                        }
                    })
                    .map(each -> Integer.parseInt(each.getFileName().toString()))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void whatQemuSaysIsAnsweredAsItWasWhenItWasRecorded() throws IOException {
        // Where this device differs from the one that was recorded: no port space to switch on (0x04), one function
        // alone (0x0e), capabilities of exact lengths and one more of them, EVENT_IDX, and no interrupts, since the
        // recording has no RAM.
        Set<Integer> config = Set.of(0x04, 0x0e, 0x4c, 0x5c, 0x6c, 0x70, 0x71, 0x7c);
        Set<Integer> bar = Set.of(0x0004, 0x1000);
        List<Exchange> transcript = transcript();
        assertThat(transcript).hasSizeGreaterThan(400);
        try (SharedMemory recordedRam = SharedMemory.create("recorded", 256 << 20);
                FakeQemu qemu = new FakeQemu(socket)) {
            int compared = 0;
            for (Exchange exchange : transcript) {
                if (exchange.command() == FakeQemu.SET_IRQFD) {
                    continue;
                }
                int[] descriptors = new int[exchange.descriptors()];
                Arrays.fill(descriptors, recordedRam.descriptor());
                qemu.send(exchange.command(), exchange.payload(), descriptors);
                if (exchange.command() == FakeQemu.DEVICE_RESET) {
                    assertThat(qemu.stream().read(16).orElseThrow().bytes()).startsWith(1, 0, 0, 0);
                }
                if (exchange.reply().isPresent()) {
                    long reply = qemu.reply();
                    boolean differs = exchange.command() == FakeQemu.CONFIG_READ && config.contains(exchange.address())
                            || exchange.command() == FakeQemu.BAR_READ && bar.contains(exchange.address() & 0x3fff);
                    if (!differs) {
                        assertThat(reply)
                                .as("command %d at 0x%x", exchange.command(), exchange.address())
                                .isEqualTo(exchange.reply().get());
                        compared++;
                    }
                }
            }
            assertThat(compared).isGreaterThan(300);
            assertThat(qemu.status()).as("powered off").isZero();
        }
    }

    @Test
    void tenThousandMutationsOfItEndConnectionsAndNothingElse() throws IOException {
        List<Exchange> transcript = transcript().stream()
                .filter(exchange -> exchange.command() != FakeQemu.SET_IRQFD)
                .toList();
        Random random = new Random(20261127);
        int mutations = 0;
        int connections = 0;
        while (mutations < MUTATIONS) {
            connections++;
            try (FakeQemu qemu = new FakeQemu(socket)) {
                int turns = random.nextInt(1, 200);
                for (int turn = 0; turn < turns; turn++) {
                    Exchange exchange = transcript.get(random.nextInt(transcript.size()));
                    byte[] message = FakeQemu.message(exchange.command(), exchange.payload());
                    // Most break the payload, of which most still is a message; a few break the framing.
                    int flips = random.nextInt(1, 4);
                    for (int i = 0; i < flips; i++) {
                        boolean header = random.nextInt(100) == 0 || message.length == 16;
                        int at = header ? random.nextInt(16) : random.nextInt(16, message.length);
                        message[at] ^= (byte) (1 << random.nextInt(8));
                    }
                    mutations++;
                    int[] descriptors = new int[random.nextInt(20) == 0 ? random.nextInt(4) : exchange.descriptors()];
                    Arrays.fill(descriptors, ram.descriptor());
                    qemu.stream().write(message, descriptors);
                    while (qemu.stream().isReadable()) {
                        if (qemu.stream().read(1).isEmpty()) {
                            turn = turns;
                            break;
                        }
                    }
                }
            } catch (ErrnoException hungUp) {
                // As it should be; the next one is welcome.
            }
            await().untilAsserted(() -> assertThat(devices()).isZero());
        }
        assertThat(connections).isGreaterThan(10);
        try (FakeQemu qemu = up()) {
            assertThat(qemu.status()).isEqualTo(DRIVER_OK);
        }
    }

    @Test
    void theInterruptIsRaisedAndRaisedAgainWhenTheGuestHandledItAndThereIsMore() throws MalformedMessageException {
        try (EventDescriptor line = EventDescriptor.create();
                EventDescriptor handled = EventDescriptor.create();
                FakeQemu qemu = connected()) {
            qemu.send(FakeQemu.SET_IRQFD, new byte[0], line.descriptor(), handled.descriptor());
            AtomicInteger raised = new AtomicInteger();
            qemu.stream().bell(line, raised::incrementAndGet);
            bringUp(qemu, VERSION_1 | EDID_AND_UUID);
            assertThat(raised).hasValue(0);

            assertThat(run(qemu, new GpuCommand.ResourceUnref(1))).isInstanceOf(GpuResponse.Err.class);
            await().until(() -> qemu.status() == DRIVER_OK && raised.get() == 1);
            assertThat(qemu.config(0x06, 2)).as("interrupt status").isEqualTo(0x18);
            handled.signal();
            await().until(() -> qemu.status() == DRIVER_OK && raised.get() == 2);
            assertThat(qemu.bar(FakeQemu.ISR, 1)).isEqualTo(1);
            handled.signal();

            // Switched off in the command register, and on again.
            qemu.config(0x04, 0x406, 2);
            assertThat(run(qemu, new GpuCommand.ResourceUnref(1))).isInstanceOf(GpuResponse.Err.class);
            assertThat(qemu.status()).isEqualTo(DRIVER_OK);
            assertThat(raised).hasValue(2);
            qemu.config(0x04, 0x6, 2);
            await().until(() -> qemu.status() == DRIVER_OK && raised.get() == 3);
        }
    }

    /** A message and the reply that it had. */
    private record Exchange(int command, byte[] payload, int descriptors, Optional<Long> reply) {
        int address() {
            return FakeQemu.buffer(8).put(0, payload, 0, 4).getInt(0);
        }
    }

    private static List<Exchange> transcript() throws IOException {
        List<Exchange> exchanges = new ArrayList<>();
        HexFormat hex = HexFormat.of();
        try (InputStream resource = RemotePciTest.class.getResourceAsStream("/wire-qemu-remote-pci.txt")) {
            List<String> lines = new String(resource.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .toList();
            for (int i = 0; i < lines.size(); i++) {
                String[] words = lines.get(i).split(" ");
                if (!words[0].equals("Q>")) {
                    continue;
                }
                int command = hex.parseHex(words[1])[0];
                byte[] payload = words[2].equals("-") ? new byte[0] : hex.parseHex(words[2]);
                int descriptors = words.length > 3 ? Integer.parseInt(words[3].substring("fds=".length())) : 0;
                Optional<Long> reply = Optional.empty();
                if (i + 1 < lines.size() && lines.get(i + 1).startsWith("D>")) {
                    String[] answer = lines.get(i + 1).split(" ");
                    if (answer.length > 2 && !answer[2].equals("-")) {
                        reply = Optional.of(FakeQemu.buffer(8)
                                .put(0, hex.parseHex(answer[2]))
                                .getLong(0));
                    }
                }
                exchanges.add(new Exchange(command, payload, descriptors, reply));
            }
        }
        return exchanges;
    }

    /** Each life of a device has a ring of its own, as it would be after a driver cleared it. */
    private RingDriver freshRing() {
        long bytes = RingDriver.bytes(64, SLOT);
        RingDriver ring = new RingDriver(
                ram.slice(ringOffset, bytes),
                RAM_ADDRESS + ringOffset,
                64,
                SLOT,
                new RingDriver.Features(false, false));
        ringOffset += bytes;
        return ring;
    }

    private long devices() {
        return gpu.house.inventory().count();
    }

    private FakeQemu connected() {
        FakeQemu qemu = new FakeQemu(socket);
        qemu.ram(ram, RAM_ADDRESS);
        qemu.mapBar();
        return qemu;
    }

    private FakeQemu up() {
        FakeQemu qemu = connected();
        bringUp(qemu, VERSION_1 | EDID_AND_UUID);
        return qemu;
    }

    private void bringUp(FakeQemu qemu, long features) {
        qemu.status(1);
        qemu.status(3);
        assertThat(qemu.offeredFeatures() & features).isEqualTo(features);
        qemu.features(features);
        qemu.status(0xb);
        assertThat(qemu.status()).isEqualTo(0xb);
        control = freshRing();
        qemu.queue(0, control);
        qemu.status(DRIVER_OK);
        assertThat(qemu.status()).isEqualTo(DRIVER_OK);
    }

    private GpuResponse run(FakeQemu qemu, GpuCommand command) throws MalformedMessageException {
        int head = control.submit(GpuWire.encodeRequest(GpuRequest.of(command)), GpuWire.replyBytes(command));
        qemu.notifyQueue(0);
        RingDriver.Used used = await().until(control::take, Optional::isPresent).orElseThrow();
        assertThat(used.head()).isEqualTo(head);
        return GpuWire.decodeReply(control.answer(used)).response();
    }
}
