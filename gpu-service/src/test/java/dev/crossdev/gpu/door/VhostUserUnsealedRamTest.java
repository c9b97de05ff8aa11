package dev.crossdev.gpu.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.testing.memory.ShrinkableMemory;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.wire.WireWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine whose RAM is a file that its front end may shrink at any moment, as User Mode Linux's is. */
@Timeout(60)
class VhostUserUnsealedRamTest {

    private static final int SIDE = 64;
    private static final int BYTES = SIDE * SIDE * 4;
    private static final int RESOURCE = 7;
    private static final long BACKING = FrontEnd.RAM_BYTES / 2 + (1 << 20);

    @TempDir
    private Path folder;

    private long descriptorsBefore;
    private VhostUserHost host;
    private ShrinkableMemory file;
    private FrontEnd machine;

    @BeforeEach
    void boot() {
        descriptorsBefore = VhostUserHost.openDescriptors();
        host = new VhostUserHost(folder.resolve("gpu.sock"));
        file = new ShrinkableMemory(FrontEnd.RAM_BYTES);
        machine = FrontEnd.connect(host.server.path(), () -> new Shrinkable(file));
        machine.realize();
    }

    @AfterEach
    void nothingIsLeft() {
        machine.close();
        host.close();
        file.close();
        assertThat(SharedMemory.live()).isZero();
        await().untilAsserted(() -> assertThat(VhostUserHost.openDescriptors()).isLessThanOrEqualTo(descriptorsBefore));
    }

    /** Closed by the test, which it outlives. */
    private record Shrinkable(ShrinkableMemory file) implements FrontEnd.Ram {
        @Override
        public MemorySegment slice(long offset, long bytes) {
            return file.segment().asSlice(offset, bytes);
        }

        @Override
        public int descriptor() {
            return file.descriptor();
        }

        @Override
        public void close() {}
    }

    private void must(GpuCommand command) {
        assertThat(result(machine.run(command))).isEqualTo(GpuResult.OK_NODATA);
    }

    private static GpuResult result(GpuReply reply) {
        return reply.response().result();
    }

    private UUID register() {
        return ((GpuResponse.OkResourceUuid)
                        machine.run(new GpuCommand.ResourceAssignUuid(RESOURCE)).response())
                .uuid();
    }

    private void makeWithBacking() {
        must(new GpuCommand.ResourceCreate2d(RESOURCE, PixelFormat.B8G8R8X8_UNORM.number(), SIDE, SIDE));
        must(new GpuCommand.ResourceAttachBacking(
                RESOURCE, List.of(new MemEntry(FrontEnd.GUEST_RAM + BACKING, BYTES)), true));
    }

    private GpuResult transfer() {
        return result(machine.run(new GpuCommand.TransferToHost2d(new Rect(0, 0, SIDE, SIDE), 0, RESOURCE)));
    }

    @Test
    void itIsServedByCopiesAndItsBuffersAreRegistered() {
        machine.start(0, 0);
        makeWithBacking();
        machine.ram.slice(BACKING, BYTES).fill((byte) 0x5a);
        assertThat(transfer()).isEqualTo(GpuResult.OK_NODATA);
        UUID uuid = register();
        assertThat(host.gpu.objects.find("linux", uuid)).isPresent();

        FrontEnd.Reply given = machine.ask(
                FrontEnd.GET_SHARED_OBJECT, new WireWriter(16).uuid(uuid).toBytes());
        try (SharedMemory object = SharedMemory.receive(given.descriptors().getFirst(), BYTES)) {
            assertThat(object.slice(0, BYTES).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x5a);
        }
    }

    /** Its pages would be mapped by another process, and written by native code there. */
    @Test
    void aBlobOfItGetsNoUuid() {
        machine.start(0, 0);
        must(new GpuCommand.ResourceCreateBlob(
                RESOURCE,
                BlobMem.GUEST,
                BlobMem.FLAG_USE_CROSS_DEVICE,
                0,
                4096,
                List.of(new MemEntry(FrontEnd.GUEST_RAM + BACKING, 4096))));
        assertThat(result(machine.run(new GpuCommand.ResourceAssignUuid(RESOURCE))))
                .isEqualTo(GpuResult.ERR_UNSPEC);
    }

    @Test
    void aBackingThatIsCutOffFailsItsTransferAndNothingElse() {
        machine.start(0, 0);
        makeWithBacking();
        assertThat(transfer()).isEqualTo(GpuResult.OK_NODATA);
        UUID uuid = register();
        for (long left : new long[] {BACKING + BYTES / 2, BACKING}) {
            file.shrink(left);
            assertThat(transfer()).isEqualTo(GpuResult.ERR_UNSPEC);
            assertThat(register()).isEqualTo(uuid);
        }
        must(new GpuCommand.ResourceUnref(RESOURCE));
    }

    @Test
    void ringsThatAreCutOffAreAnErrorEventAndANewDriverIsServed() {
        machine.newRings(7);
        machine.start(0, 0);
        makeWithBacking();
        UUID uuid = register();
        AtomicInteger errors = new AtomicInteger();
        machine.stream.bell(machine.errors[0], errors::incrementAndGet);
        file.shrink(7 << 20);
        machine.kicks[0].signal();
        await().untilAsserted(() -> {
            machine.ask(FrontEnd.GET_FEATURES, new byte[0]);
            assertThat(errors).hasValue(1);
        });

        machine.stop();
        machine.newRings(0);
        machine.start(0, 0);
        assertThat(host.gpu.objects.find("linux", uuid)).isEmpty();
        makeWithBacking();
        assertThat(register()).isNotEqualTo(uuid);
    }

    @Test
    void ringsThatAreNotThereAreRefusedAndTheConnectionGoesOn() {
        file.shrink(FrontEnd.RAM_BYTES / 2 - 4096);
        machine.must(FrontEnd.SET_FEATURES, FrontEnd.u64(machine.features));
        assertThat(machine.tell(
                        FrontEnd.SET_MEM_TABLE, FrontEnd.table(), machine.ram.descriptor(), machine.ram.descriptor()))
                .isEqualTo(22);
        file.shrink(FrontEnd.RAM_BYTES);
        machine.start(0, 0);
        makeWithBacking();
        register();
    }
}
