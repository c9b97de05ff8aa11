package dev.crossdev.gpu.door;

import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.service.virtqueue.GuestDevice;
import dev.crossdev.service.virtqueue.GuestDeviceListener;
import dev.crossdev.testing.ring.RingDriver;
import dev.crossdev.testing.ring.RingDriver.Used;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuQueue;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuWire;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.RamGuestMemory;
import dev.crossdev.virtio.queue.QueueLayout;
import dev.crossdev.virtio.queue.RingException;
import dev.crossdev.virtio.wire.MalformedMessageException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A virtual machine without a VMM: RAM, two rings in it, and a driver of a few lines. */
final class TestMachine implements AutoCloseable, GuestDeviceListener {

    static final long RAM = 0x8000_0000L;
    static final long RAM_BYTES = 16 << 20;
    static final int SLOT = 2048;

    final GpuHouse gpu = new GpuHouse();
    final SharedMemory ram = SharedMemory.create("ram", RAM_BYTES);
    final RamGuestMemory memory = new RamGuestMemory();
    final GuestDevice<GpuRequest, GpuReply, NoEvent> device;
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    final Semaphore calls = new Semaphore(0);
    final RingDriver control;
    final RingDriver cursor;

    TestMachine() {
        memory.replace(List.of(new RamGuestMemory.Slot(new MemoryRegion(RAM, RAM_BYTES), ram, 0)));
        device = gpu.door.plug(GpuHouse.KEY, gpu.door.deviceFeatures(), memory, this);
        control = driver(0, 64);
        cursor = driver(RingDriver.bytes(64, SLOT), 16);
    }

    private RingDriver driver(long offset, int size) {
        return new RingDriver(
                ram.slice(offset, RingDriver.bytes(size, SLOT)),
                RAM + offset,
                size,
                SLOT,
                new RingDriver.Features(true, true));
    }

    /** First guest address that no ring lies in. */
    static long room() {
        return RAM + (1 << 20);
    }

    static QueueLayout layout(RingDriver driver) {
        return new QueueLayout(driver.size(), driver.descriptors(), driver.available(), driver.used());
    }

    TestMachine started() throws RingException {
        return started(device.offered());
    }

    TestMachine started(Features features) throws RingException {
        device.accept(features);
        start(0, 0);
        start(1, 0);
        return this;
    }

    void start(int queue, int nextAvailable) throws RingException {
        device.start(queue, layout(queue == 0 ? control : cursor), nextAvailable, calls::release);
    }

    /** Submits and kicks; the answer comes when it comes. */
    void send(GpuRequest request) {
        send(GpuQueue.CONTROL, GpuWire.encodeRequest(request), GpuWire.replyBytes(request.command()));
    }

    void send(GpuQueue queue, byte[] bytes, int writable) {
        (queue == GpuQueue.CONTROL ? control : cursor).submit(bytes, writable);
        kick(queue);
    }

    void kick(GpuQueue queue) {
        if ((queue == GpuQueue.CONTROL ? control : cursor).kickNeeded()) {
            while (device.serve(queue.index())) {
                Thread.onSpinWait();
            }
        }
    }

    GpuReply run(GpuCommand command) throws InterruptedException {
        return run(GpuRequest.of(command));
    }

    GpuReply run(GpuRequest request) throws InterruptedException {
        send(request);
        return reply();
    }

    GpuReply reply() throws InterruptedException {
        try {
            return GpuWire.decodeReply(answer(control));
        } catch (MalformedMessageException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for a call, as a driver does. */
    byte[] answer(RingDriver driver) throws InterruptedException {
        while (true) {
            var used = driver.take();
            if (used.isPresent()) {
                return driver.answer(used.get());
            }
            if (!driver.enableCalls() && !calls.tryAcquire(10, TimeUnit.SECONDS)) {
                throw new AssertionError("no call");
            }
        }
    }

    List<Used> takeAll(RingDriver driver) {
        return java.util.stream.Stream.generate(driver::take)
                .takeWhile(java.util.Optional::isPresent)
                .map(java.util.Optional::get)
                .toList();
    }

    @Override
    public void configChanged() {
        events.add("config");
    }

    @Override
    public void needsReset(String reason) {
        events.add("needs reset: " + reason);
    }

    @Override
    public void unplugged(String reason) {
        events.add("unplugged: " + reason);
    }

    @Override
    public void close() {
        device.close();
        gpu.close();
        memory.close();
        ram.close();
    }
}
