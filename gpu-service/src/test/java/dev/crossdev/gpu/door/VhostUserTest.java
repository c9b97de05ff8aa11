package dev.crossdev.gpu.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.dmabuf.memory.EventDescriptor;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuConfig;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The vhost-user door, from a front end that does as QEMU does. */
@Timeout(60)
class VhostUserTest {

    private static final GpuCommand CREATE =
            new GpuCommand.ResourceCreate2d(7, PixelFormat.B8G8R8X8_UNORM.number(), 64, 64);
    private static final GpuCommand ASSIGN = new GpuCommand.ResourceAssignUuid(7);
    private static final GpuCommand UNREF = new GpuCommand.ResourceUnref(7);

    @TempDir
    private Path folder;

    private VhostUserHost host;

    @BeforeEach
    void listen() {
        host = new VhostUserHost(folder.resolve("gpu.sock"));
    }

    @AfterEach
    void nothingIsLeft() {
        host.close();
        assertThat(SharedMemory.live()).isZero();
        assertThat(folder.resolve("gpu.sock")).doesNotExist();
    }

    private FrontEnd started() {
        FrontEnd machine = FrontEnd.connect(host.server.path());
        machine.realize();
        machine.start(0, 0);
        return machine;
    }

    private static GpuResult result(GpuReply reply) {
        return reply.response().result();
    }

    private static UUID export(FrontEnd machine) {
        assertThat(result(machine.run(CREATE))).isEqualTo(GpuResult.OK_NODATA);
        return ((GpuResponse.OkResourceUuid) machine.run(ASSIGN).response()).uuid();
    }

    @Test
    void howLongABufferWasAwayIsToldByCommandOnceItsDriverWasCalled() {
        List<String> turnedAround = new CopyOnWriteArrayList<>();
        try (VhostUserHost measured = new VhostUserHost(folder.resolve("measured.sock"), (command, nanos) -> {
                    if (nanos > 0) {
                        turnedAround.add(command);
                    }
                });
                FrontEnd machine = FrontEnd.connect(folder.resolve("measured.sock"))) {
            machine.realize();
            machine.start(0, 0);
            // A driver that takes its answers before the device looks is rightly not called: it waits for its call
            // first.
            for (GpuCommand command : List.of(CREATE, ASSIGN)) {
                int before = turnedAround.size();
                machine.send(command);
                await().until(() -> turnedAround.size() > before);
                machine.answer();
            }

            assertThat(turnedAround).containsExactly("RESOURCE_CREATE_2D", "RESOURCE_ASSIGN_UUID");
        }
    }

    @Test
    void aBufferThatCameWithoutAKickIsNotCountedFromTheKickBefore() {
        CompletableFuture<FrontEnd> connected = new CompletableFuture<>();
        AtomicLong added = new AtomicLong();
        AtomicLong away = new AtomicLong();
        AtomicLong told = new AtomicLong();
        try (VhostUserHost measured = new VhostUserHost(folder.resolve("measured.sock"), (command, nanos) -> {
                    if (command.equals("RESOURCE_ASSIGN_UUID")) {
                        away.set(nanos);
                        told.set(System.nanoTime());
                    } else {
                        // Where the first buffer's answer is told, its kick is still being served.
                        FrontEnd machine = connected.join();
                        machine.answer();
                        added.set(System.nanoTime());
                        assertThat(machine.sendWithoutAKick(ASSIGN))
                                .as("kick needed")
                                .isFalse();
                    }
                });
                FrontEnd machine = FrontEnd.connect(folder.resolve("measured.sock"))) {
            connected.complete(machine);
            machine.realize();
            machine.start(0, 0);
            machine.send(CREATE);
            await().until(() -> told.get() != 0);

            assertThat(away.get()).isPositive().isLessThanOrEqualTo(told.get() - added.get());
        }
    }

    @Test
    void aMachineOnVhostUserHasADeviceLikeAnyOther() {
        try (FrontEnd machine = started()) {
            UUID uuid = export(machine);

            assertThat(host.gpu.objects.find("linux", uuid)).isPresent();
            assertThat(host.gpu.house.inventory().get(GpuHouse.KEY).usage().resources())
                    .isEqualTo(1);
            assertThat(host.gpu.house.inventory().get(GpuHouse.KEY).features().has(GpuFeature.RESOURCE_UUID))
                    .isTrue();
        }
        await().untilAsserted(
                        () -> assertThat(host.gpu.house.inventory().count()).isZero());
    }

    @Test
    void theDriverIsCalledWhenItAskedForIt() {
        try (FrontEnd machine = started()) {
            AtomicInteger calls = new AtomicInteger();
            export(machine);
            machine.stream.bell(machine.calls[0], calls::incrementAndGet);
            machine.send(ASSIGN);
            // Reading an answer, the front end hears its call as well.
            await().untilAsserted(() -> {
                machine.ask(FrontEnd.GET_FEATURES, new byte[0]);
                assertThat(calls.get()).isPositive();
            });
            assertThat(result(machine.answer())).isEqualTo(GpuResult.OK_RESOURCE_UUID);
        }
    }

    /** User Mode Linux hands over one end of a socketpair, and reads eight bytes for each call. */
    @Test
    void aCallMayBeASocket() {
        try (VhostUserListener ear = new VhostUserListener(folder.resolve("call.sock"));
                FrontEnd machine = started()) {
            machine.must(FrontEnd.SET_VRING_CALL, FrontEnd.u64(0), ear.given());
            export(machine);

            assertThat(ear.bytes(8)).hasSize(8);
        }
    }

    @Test
    void theConfigurationSpaceIsReadInAnySize() throws Exception {
        try (FrontEnd machine = FrontEnd.connect(host.server.path())) {
            machine.realize();
            for (int size : new int[] {12, 16, 4, 256}) {
                byte[] asked =
                        new WireWriter(12).u32(0).u32(size).u32(0).zeros(size).toBytes();
                byte[] payload = machine.ask(FrontEnd.GET_CONFIG, asked).payload();
                assertThat(payload).hasSize(12 + size);
                if (size >= GpuConfig.SIZE) {
                    byte[] space = new WireReader(payload).skip(12).bytes(GpuConfig.SIZE);
                    assertThat(GpuConfig.of(space).numScanouts()).isEqualTo(1);
                }
            }
            byte[] tooMuch =
                    new WireWriter(12).u32(0).u32(300).u32(0).zeros(300).toBytes();
            assertThat(machine.ask(FrontEnd.GET_CONFIG, tooMuch).payload()).isEmpty();
            byte[] write = new WireWriter(16).u32(4).u32(4).u32(0).u32(1).toBytes();
            machine.must(FrontEnd.SET_CONFIG, write);
        }
    }

    @Test
    void aMachineThatPausesGoesOnAndOneThatResetsBeginsAnew() {
        try (FrontEnd machine = started()) {
            UUID uuid = export(machine);
            int[] bases = machine.stop();
            assertThat(bases).containsExactly(2, 0);
            machine.start(bases[0], bases[1]);
            assertThat(machine.run(ASSIGN).response()).isEqualTo(new GpuResponse.OkResourceUuid(uuid));

            machine.stop();
            machine.newRings(1);
            machine.start(0, 0);
            assertThat(host.gpu.objects.find("linux", uuid)).isEmpty();
            assertThat(result(machine.run(ASSIGN))).isEqualTo(GpuResult.ERR_INVALID_RESOURCE_ID);
            UUID next = export(machine);

            machine.must(FrontEnd.RESET_DEVICE, new byte[0]);
            assertThat(host.gpu.objects.find("linux", next)).isEmpty();
        }
    }

    /** User Mode Linux whose driver is bound again: it has no GET_VRING_BASE, and tells of its memory but once. */
    @Test
    void aDriverThatIsBoundAgainWithoutAWordOfStoppingBeginsAnew() {
        try (FrontEnd machine = started()) {
            UUID uuid = export(machine);
            for (int i = 1; i >= 0; i--) {
                machine.must(FrontEnd.SET_VRING_ENABLE, FrontEnd.state(i, 0));
            }
            machine.ask(FrontEnd.GET_FEATURES, new byte[0]);
            assertThat(host.gpu.objects.find("linux", uuid)).isPresent();

            machine.newRings(1);
            machine.must(FrontEnd.SET_FEATURES, FrontEnd.u64(machine.features));
            for (int i = 0; i < 2; i++) {
                machine.must(FrontEnd.SET_VRING_CALL, FrontEnd.u64(i), machine.calls[i].descriptor());
                machine.must(FrontEnd.SET_VRING_NUM, FrontEnd.state(i, machine.rings[i].size()));
                machine.must(FrontEnd.SET_VRING_BASE, FrontEnd.state(i, 0));
                machine.must(FrontEnd.SET_VRING_ADDR, machine.addresses(i));
            }
            for (int i = 0; i < 2; i++) {
                machine.must(FrontEnd.SET_VRING_KICK, FrontEnd.u64(i), machine.kicks[i].descriptor());
                machine.must(FrontEnd.SET_VRING_ENABLE, FrontEnd.state(i, 1));
            }
            assertThat(host.gpu.objects.find("linux", uuid)).isEmpty();
            assertThat(export(machine)).isNotEqualTo(uuid);
        }
    }

    @Test
    void aRingThatIsDisabledIsNotServedUntilItIsEnabled() {
        try (FrontEnd machine = started()) {
            UUID uuid = export(machine);
            machine.must(FrontEnd.SET_VRING_ENABLE, FrontEnd.state(0, 0));
            machine.send(ASSIGN);
            machine.must(FrontEnd.SET_OWNER, new byte[0]);
            assertThat(machine.rings[0].take()).isEmpty();

            machine.must(FrontEnd.SET_VRING_ENABLE, FrontEnd.state(0, 1));
            assertThat(machine.answer().response()).isEqualTo(new GpuResponse.OkResourceUuid(uuid));
        }
    }

    @Test
    void aFrontEndGoesAndComesAgain() {
        UUID before;
        try (FrontEnd machine = started()) {
            before = export(machine);
        }
        try (FrontEnd machine = started()) {
            assertThat(host.gpu.objects.find("linux", before)).isEmpty();
            assertThat(export(machine)).isNotEqualTo(before);
        }
    }

    @Test
    void aMalformedRingIsAnErrorEventAndANewDriverIsServed() {
        try (FrontEnd machine = started()) {
            AtomicInteger errors = new AtomicInteger();
            export(machine);
            machine.stream.bell(machine.errors[0], errors::incrementAndGet);
            machine.rings[0].jumpTo(0x4000);
            machine.kicks[0].signal();
            await().untilAsserted(() -> {
                machine.ask(FrontEnd.GET_FEATURES, new byte[0]);
                assertThat(errors).hasValue(1);
            });

            machine.stop();
            machine.newRings(1);
            machine.start(0, 0);
            export(machine);
        }
    }

    @Test
    void aBlobOfTheMachinesRamIsExportedAndMemoryComesAndGoes() {
        try (FrontEnd machine = started()) {
            assertThat(machine.ask(FrontEnd.GET_MAX_MEM_SLOTS, new byte[0]).u64())
                    .isEqualTo(32);
            assertThat(machine.ask(FrontEnd.GET_QUEUE_NUM, new byte[0]).u64()).isEqualTo(2);
            long page = FrontEnd.GUEST_RAM + FrontEnd.RAM_BYTES / 2;
            GpuCommand blob = new GpuCommand.ResourceCreateBlob(
                    9, BlobMem.GUEST, BlobMem.FLAG_USE_CROSS_DEVICE, 0, 4096, List.of(new MemEntry(page, 4096)));
            assertThat(result(machine.run(blob))).isEqualTo(GpuResult.OK_NODATA);
            assertThat(result(machine.run(new GpuCommand.ResourceAssignUuid(9))))
                    .isEqualTo(GpuResult.OK_RESOURCE_UUID);

            byte[] high = new WireWriter(40)
                    .u64(0)
                    .bytes(FrontEnd.region(FrontEnd.RAM_BYTES / 2))
                    .toBytes();
            machine.must(FrontEnd.REM_MEM_REG, high);
            assertThat(machine.tell(FrontEnd.REM_MEM_REG, high)).isEqualTo(Errno.ENOENT.number());
            GpuCommand other =
                    new GpuCommand.ResourceCreateBlob(10, BlobMem.GUEST, 0, 0, 4096, List.of(new MemEntry(page, 4096)));
            assertThat(result(machine.run(other))).isEqualTo(GpuResult.ERR_UNSPEC);
            machine.must(FrontEnd.ADD_MEM_REG, high, machine.ram.descriptor());
            assertThat(result(machine.run(other))).isEqualTo(GpuResult.OK_NODATA);
        }
    }

    @Test
    void otherBackEndsAreToldOfObjectsAndGetTheirMemory() {
        try (VhostUserListener ear = new VhostUserListener(folder.resolve("back.sock"));
                FrontEnd machine = started()) {
            machine.must(FrontEnd.SET_BACKEND_REQ_FD, new byte[0], ear.given());
            UUID uuid = export(machine);
            byte[] bytes = new WireWriter(16).uuid(uuid).toBytes();

            FrontEnd.Reply added = ear.next();
            assertThat(added.request()).isEqualTo(6);
            assertThat(added.payload()).isEqualTo(bytes);
            FrontEnd.Reply memory = machine.ask(FrontEnd.GET_SHARED_OBJECT, bytes);
            assertThat(memory.payload()).isEqualTo(bytes);
            try (SharedMemory shared = SharedMemory.receive(memory.descriptors().getFirst(), 64 * 64 * 4)) {
                assertThat(shared.size()).isEqualTo(64 * 64 * 4);
            }
            // What QEMU's front end sends.
            assertThat(machine.ask(FrontEnd.GET_SHARED_OBJECT, new byte[0]).descriptors())
                    .isEmpty();

            assertThat(result(machine.run(UNREF))).isEqualTo(GpuResult.OK_NODATA);
            FrontEnd.Reply removed = ear.next();
            assertThat(removed.request()).isEqualTo(7);
            assertThat(removed.payload()).isEqualTo(bytes);
            assertThat(machine.ask(FrontEnd.GET_SHARED_OBJECT, bytes).descriptors())
                    .isEmpty();
        }
    }

    @Test
    void whatCannotBeDoneIsSaidAndTheConnectionGoesOn() {
        try (FrontEnd machine = FrontEnd.connect(host.server.path());
                EventDescriptor noMemory = EventDescriptor.create()) {
            machine.realize();
            long invalid = Errno.EINVAL.number();
            assertThat(machine.tell(FrontEnd.SET_FEATURES, FrontEnd.u64(1L << 34)))
                    .isEqualTo(invalid);
            assertThat(machine.tell(FrontEnd.SET_PROTOCOL_FEATURES, FrontEnd.u64(1L << 14)))
                    .isEqualTo(invalid);
            assertThat(machine.tell(FrontEnd.SET_VRING_NUM, FrontEnd.state(2, 8)))
                    .isEqualTo(invalid);
            assertThat(machine.tell(FrontEnd.SET_VRING_KICK, FrontEnd.u64(0), machine.ram.descriptor()))
                    .isEqualTo(invalid);
            assertThat(machine.tell(
                            FrontEnd.SET_MEM_TABLE, FrontEnd.table(), machine.ram.descriptor(), noMemory.descriptor()))
                    .isEqualTo(Errno.EPERM.number());
            assertThat(machine.tell(6, new byte[16])).isEqualTo(Errno.EOPNOTSUPP.number());
            machine.must(FrontEnd.SET_VRING_ADDR, machine.addresses(0));
            machine.must(FrontEnd.SET_VRING_NUM, FrontEnd.state(0, 64));
            machine.must(FrontEnd.SET_VRING_KICK, FrontEnd.u64(0), machine.kicks[0].descriptor());
            assertThat(machine.tell(FrontEnd.SET_VRING_ENABLE, FrontEnd.state(0, 1)))
                    .isEqualTo(Errno.EFAULT.number());

            machine.start(0, 0);
            export(machine);
        }
    }

    @Test
    void whatNoFrontEndSaysEndsTheConnection() {
        for (byte[] bytes : List.of(
                new WireWriter(12).u32(1).u32(2).u32(0).toBytes(),
                new WireWriter(12).u32(1).u32(5).u32(0).toBytes(),
                new WireWriter(12).u32(1).u32(1).u32(-1).toBytes(),
                new WireWriter(12).u32(2).u32(1).u32(4).u32(0).toBytes(),
                new WireWriter(12).u32(2).u32(1).u32(16).u64(0).u64(0).toBytes(),
                new WireWriter(12).u32(12).u32(1).u32(8).u64(0).toBytes(),
                new WireWriter(12).u32(6).u32(1).u32(0).toBytes())) {
            try (FrontEnd machine = FrontEnd.connect(host.server.path())) {
                machine.stream.write(bytes);
                assertThat(ended(machine)).isTrue();
            }
        }
    }

    private static boolean ended(FrontEnd machine) {
        try {
            return machine.reply().isEmpty();
        } catch (dev.crossdev.dmabuf.error.ErrnoException reset) {
            return true;
        }
    }

    @Test
    void anOperatorWhoDeletesTheDeviceHangsUp() {
        try (FrontEnd machine = started()) {
            host.gpu.house.delete(GpuHouse.KEY, "an operator said so");
            assertThat(ended(machine)).isTrue();
        }
    }

    @Test
    void anOperatorsResetIsAnErrorEvent() {
        try (FrontEnd machine = started()) {
            AtomicInteger errors = new AtomicInteger();
            machine.stream.bell(machine.errors[1], errors::incrementAndGet);
            host.gpu.house.reset(GpuHouse.KEY);
            await().untilAsserted(() -> {
                machine.ask(FrontEnd.GET_FEATURES, new byte[0]);
                assertThat(errors).hasValue(1);
            });
        }
    }

    @Test
    void aSecondFrontEndIsTurnedAway() {
        try (FrontEnd machine = started()) {
            try (DescriptorStream second = DescriptorStream.connect(host.server.path(), Duration.ofSeconds(10))) {
                Optional<DescriptorStream.Message> nothing = second.read(1);
                assertThat(nothing).isEmpty();
            }
            export(machine);
        }
    }
}
