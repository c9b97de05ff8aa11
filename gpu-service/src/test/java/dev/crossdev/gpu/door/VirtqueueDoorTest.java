package dev.crossdev.gpu.door;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.service.house.TapListener;
import dev.crossdev.service.virtqueue.GuestDevice;
import dev.crossdev.testing.ring.RingDriver;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuQueue;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.RamGuestMemory;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.Latency;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A guest's virtqueues and the device behind them, without any transport. */
class VirtqueueDoorTest {

    private static final GpuCommand CREATE =
            new GpuCommand.ResourceCreate2d(7, PixelFormat.B8G8R8X8_UNORM.number(), 64, 64);
    private static final GpuCommand ASSIGN = new GpuCommand.ResourceAssignUuid(7);

    private final TestMachine vm = new TestMachine();

    @AfterEach
    void nothingIsLeft() {
        vm.close();
        assertThat(SharedMemory.live()).isZero();
    }

    private static GpuResult result(GpuReply reply) {
        return reply.response().result();
    }

    private UUID exported() throws InterruptedException {
        assertThat(result(vm.run(CREATE))).isEqualTo(GpuResult.OK_NODATA);
        assertThat(vm.run(ASSIGN).response()).isInstanceOf(GpuResponse.OkResourceUuid.class);
        return ((GpuResponse.OkResourceUuid) vm.run(ASSIGN).response()).uuid();
    }

    @Test
    void aUuidThatAGuestSeesInItsRingIsTheOneThatResolves() throws Exception {
        vm.started();

        UUID uuid = exported();

        assertThat(vm.gpu.objects.find("linux", uuid)).isPresent();
        assertThat(vm.gpu.objects.find("default", uuid)).isEmpty();
        assertThat(vm.gpu.house.inventory().get(GpuHouse.KEY).connected()).isTrue();
        assertThat(vm.gpu.house.inventory().get(GpuHouse.KEY).usage().resources())
                .isEqualTo(1);
    }

    @Test
    void aFencedCommandIsAnsweredWithItsFence() throws Exception {
        vm.started();

        GpuReply reply = vm.run(GpuRequest.fenced(42, CREATE));

        assertThat(reply.header().fenced()).isTrue();
        assertThat(reply.header().fenceId()).isEqualTo(42);
    }

    @Test
    void cursorCommandsHaveAQueueOfTheirOwn() throws Exception {
        vm.started();
        vm.send(GpuQueue.CURSOR, GpuWire.encodeRequest(GpuRequest.of(CREATE)), GpuWire.HEADER_BYTES);

        assertThat(result(GpuWire.decodeReply(vm.answer(vm.cursor)))).isEqualTo(GpuResult.ERR_UNSPEC);
    }

    @Test
    void bytesThatAreNoCommandAreAnsweredWithAnError() throws Exception {
        vm.started();
        for (byte[] bytes : new byte[][] {{1}, new byte[24], new byte[2000]}) {
            vm.send(GpuQueue.CONTROL, bytes, GpuWire.HEADER_BYTES);
            assertThat(result(vm.reply())).isEqualTo(GpuResult.ERR_UNSPEC);
        }
        vm.send(GpuQueue.CONTROL, GpuWire.encodeRequest(GpuRequest.of(CREATE)), 8);
        assertThat(vm.answer(vm.control)).isEmpty();
        assertThat(vm.device.needsReset()).isFalse();
    }

    @Test
    void anAnswerThatComesLateIsACallLater() throws Exception {
        vm.started();
        vm.gpu
                .house
                .knobs()
                .setTiming(Optional.of(GpuHouse.KEY), new DeviceTiming(Latency.ZERO, Latency.parse("20ms")));
        vm.send(GpuRequest.of(CREATE));
        vm.send(GpuRequest.of(ASSIGN));
        assertThat(vm.control.take()).isEmpty();

        assertThat(result(vm.reply())).isEqualTo(GpuResult.OK_NODATA);
        assertThat(result(vm.reply())).isEqualTo(GpuResult.OK_RESOURCE_UUID);
    }

    @Test
    void anAnswerGivenTwiceIsOneUsedBuffer() throws Exception {
        vm.started();
        vm.gpu.house.knobs().inject(Optional.of(GpuHouse.KEY), Fault.parse("RESOURCE_CREATE_2D=twice"));

        assertThat(result(vm.run(CREATE))).isEqualTo(GpuResult.OK_NODATA);
        assertThat(result(vm.run(ASSIGN))).isEqualTo(GpuResult.OK_RESOURCE_UUID);
        assertThat(vm.control.take()).isEmpty();
    }

    @Test
    void theDriverChoosesFeaturesAndTheDeviceKeepsToThem() throws Exception {
        vm.started(vm.device.offered().without(GpuFeature.RESOURCE_UUID));
        assertThat(vm.gpu.house.inventory().get(GpuHouse.KEY).features().has(GpuFeature.RESOURCE_UUID))
                .isFalse();

        assertThat(result(vm.run(CREATE))).isEqualTo(GpuResult.OK_NODATA);
        assertThat(result(vm.run(ASSIGN))).isEqualTo(GpuResult.ERR_INVALID_PARAMETER);
        assertThatThrownBy(() -> vm.device.accept(vm.device.offered().with(GpuFeature.VIRGL)))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("VIRGL");
    }

    @Test
    void aMalformedRingNeedsAResetAndNothingIsTakenUntilThen() throws Exception {
        vm.started();
        UUID before = exported();
        vm.control.jumpTo(0x7fff);
        assertThat(vm.device.serve(0)).isFalse();

        assertThat(vm.device.needsReset()).isTrue();
        assertThat(vm.events.poll()).contains("needs reset: malformed ring: AVAILABLE_INDEX");
        vm.send(GpuQueue.CURSOR, new byte[24], 24);
        assertThat(vm.cursor.take()).isEmpty();

        vm.device.reset();
        assertThat(vm.gpu.objects.find("linux", before)).isEmpty();
        try (TestRings again = new TestRings(vm)) {
            assertThat(result(again.run(CREATE))).isEqualTo(GpuResult.OK_NODATA);
        }
        assertThat(vm.events).isEmpty();
    }

    @Test
    void anOperatorsResetIsADevicesNeedOfOne() throws Exception {
        vm.started();
        exported();

        vm.gpu.house.reset(GpuHouse.KEY);

        assertThat(vm.events.poll()).isEqualTo("needs reset: it was reset by an operator");
        vm.send(GpuRequest.of(CREATE));
        assertThat(vm.control.take()).isEmpty();
        vm.device.reset();
        assertThat(vm.device.needsReset()).isFalse();
        assertThat(vm.events).isEmpty();
    }

    @Test
    void anOperatorsDeleteUnplugs() throws Exception {
        vm.started();

        vm.gpu.house.delete(GpuHouse.KEY, "an operator said so");

        assertThat(vm.events.poll()).isEqualTo("unplugged: an operator said so");
        assertThatThrownBy(vm.device::reset).isInstanceOf(DeviceGoneException.class);
        assertThatThrownBy(vm.device::config).isInstanceOf(DeviceGoneException.class);
        vm.send(GpuRequest.of(CREATE));
        assertThat(vm.control.take()).isEmpty();
    }

    @Test
    void aNameIsOneDevices() {
        assertThatThrownBy(() -> vm.gpu.door.plug(GpuHouse.KEY, vm.gpu.door.deviceFeatures(), vm.memory, vm))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("linux/vm0");
    }

    @Test
    void aRingThatIsStoppedGoesOnWhereItWas() throws Exception {
        vm.started();
        UUID uuid = exported();
        int next = vm.device.stop(0, Duration.ofSeconds(5));
        assertThat(next).isEqualTo(3);
        assertThat(vm.device.isStarted(0)).isFalse();
        vm.send(GpuRequest.of(ASSIGN));
        assertThat(vm.control.take()).isEmpty();

        vm.start(0, next);
        assertThat(vm.device.serve(0)).isFalse();
        assertThat(vm.reply().response()).isEqualTo(new GpuResponse.OkResourceUuid(uuid));
    }

    @Test
    void stoppingWaitsForWhatWasTakenAndNotForEver() throws Exception {
        vm.started();
        vm.gpu.house.knobs().inject(Optional.empty(), Fault.parse("RESOURCE_CREATE_2D=late:30ms"));
        vm.send(GpuRequest.of(CREATE));
        assertThat(vm.device.stop(0, Duration.ofSeconds(10))).isEqualTo(1);
        assertThat(vm.control.take()).isPresent();

        vm.start(0, 1);
        vm.gpu.house.knobs().inject(Optional.empty(), Fault.parse("RESOURCE_ASSIGN_UUID=never"));
        vm.send(GpuRequest.of(ASSIGN));
        assertThat(vm.device.stop(0, Duration.ofMillis(20))).isEqualTo(2);
        assertThat(vm.control.take()).isEmpty();
    }

    @Test
    void aBlobIsTheGuestsOwnPages() throws Exception {
        vm.started();
        long page = TestMachine.room();
        GpuCommand blob = new GpuCommand.ResourceCreateBlob(
                9, BlobMem.GUEST, BlobMem.FLAG_USE_CROSS_DEVICE, 0, 8192, List.of(new MemEntry(page, 8192)));
        assertThat(result(vm.run(blob))).isEqualTo(GpuResult.OK_NODATA);
        GpuResponse assigned = vm.run(new GpuCommand.ResourceAssignUuid(9)).response();
        UUID uuid = ((GpuResponse.OkResourceUuid) assigned).uuid();

        assertThat(vm.gpu.objects.find("linux", uuid)).isPresent();
        vm.device.close();
        assertThat(vm.gpu.objects.find("linux", uuid)).isEmpty();
    }

    @Test
    void ringsFollowTheMemoryTable() throws Exception {
        vm.started();
        UUID uuid = exported();
        MemoryRegion low = new MemoryRegion(TestMachine.RAM, TestMachine.RAM_BYTES / 2);
        MemoryRegion high = new MemoryRegion(TestMachine.RAM + TestMachine.RAM_BYTES / 2, TestMachine.RAM_BYTES / 2);
        vm.memory.replace(List.of(
                new RamGuestMemory.Slot(high, vm.ram, TestMachine.RAM_BYTES / 2),
                new RamGuestMemory.Slot(low, vm.ram, 0)));
        vm.device.memoryChanged();
        assertThat(vm.run(ASSIGN).response()).isEqualTo(new GpuResponse.OkResourceUuid(uuid));

        vm.memory.replace(List.of(new RamGuestMemory.Slot(high, vm.ram, TestMachine.RAM_BYTES / 2)));
        vm.device.memoryChanged();
        assertThat(vm.device.needsReset()).isTrue();
    }

    @Test
    void whoeverWatchesSeesTheBytesOfTheRing() throws Exception {
        vm.started();
        List<TapListener.Submitted> seen = new ArrayList<>();
        List<Bytes> answers = new ArrayList<>();
        Runnable end = vm.gpu.house.taps().open(GpuHouse.KEY, false, false, new Watcher(seen, answers));
        vm.run(CREATE);
        end.run();

        assertThat(seen).singleElement().satisfies(submitted -> {
            assertThat(submitted.queue()).isZero();
            assertThat(submitted.sequence()).isEqualTo(1);
            assertThat(submitted.readable()).isEqualTo(Bytes.of(GpuWire.encodeRequest(GpuRequest.of(CREATE))));
            assertThat(submitted.writable()).hasValue(24);
        });
        assertThat(answers)
                .singleElement()
                .satisfies(bytes -> assertThat(bytes.u32(0)).isEqualTo(0x1100));
    }

    @Test
    void moreThanOneServingOfBuffersIsSaidToBeLeft() throws Exception {
        vm.started();
        vm.gpu.house.knobs().setTiming(Optional.empty(), DeviceTiming.NONE);
        for (int i = 0; i < 64; i++) {
            vm.control.submit(GpuWire.encodeRequest(GpuRequest.of(ASSIGN)), 40);
        }
        assertThat(vm.device.serve(0)).isFalse();
        assertThat(vm.takeAll(vm.control)).hasSize(64);
    }

    /** Rings made anew after a reset, in other memory. */
    private record TestRings(TestMachine vm, RingDriver driver) implements AutoCloseable {
        TestRings(TestMachine vm) throws Exception {
            this(
                    vm,
                    new RingDriver(
                            vm.ram.slice(4 << 20, RingDriver.bytes(16, 256)),
                            TestMachine.RAM + (4 << 20),
                            16,
                            256,
                            new RingDriver.Features(false, false)));
            GuestDevice<GpuRequest, GpuReply, NoEvent> device = vm.device;
            device.accept(device.offered());
            device.start(0, TestMachine.layout(driver), 0, vm.calls::release);
        }

        GpuReply run(GpuCommand command) throws Exception {
            driver.submit(GpuWire.encodeRequest(GpuRequest.of(command)), 40);
            vm.device.serve(0);
            return GpuWire.decodeReply(vm.answer(driver));
        }

        @Override
        public void close() {
            vm.device.stop(0, Duration.ZERO);
        }
    }

    private record Watcher(List<TapListener.Submitted> seen, List<Bytes> answers) implements TapListener {
        @Override
        public void awaiting() {}

        @Override
        public void attached(Subject subject) {}

        @Override
        public boolean submitted(Submitted command) {
            seen.add(command);
            return true;
        }

        @Override
        public void answered(long id, Bytes written, long nanos) {
            answers.add(written);
        }

        @Override
        public void event(int queue, Bytes written, long nanos) {}

        @Override
        public void configChanged(Bytes config, long nanos) {}

        @Override
        public void reset(long epoch, long nanos) {}

        @Override
        public void unplugged(String reason, long nanos) {}
    }
}
