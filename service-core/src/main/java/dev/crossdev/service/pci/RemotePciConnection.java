package dev.crossdev.service.pci;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.dmabuf.memory.EventDescriptor;
import dev.crossdev.dmabuf.memory.ReceivedMemories;
import dev.crossdev.dmabuf.memory.ReceivedMemory;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.virtqueue.GuestDevice;
import dev.crossdev.service.virtqueue.GuestDeviceListener;
import dev.crossdev.service.virtqueue.UnsealedRamNotice;
import dev.crossdev.service.virtqueue.VirtqueueDoor;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.RamGuestMemory;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One QEMU's conversation with its remote PCI device, from the connection to its end, on one platform thread. A virtual
 * CPU stands still until its access is answered, so the answer goes out before a notified queue is served.
 */
final class RemotePciConnection implements GuestDeviceListener, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(RemotePciConnection.class.getName());

    private final DescriptorStream stream;
    private final UnsealedRamNotice notice;
    private final ReceivedMemories memories;
    private final RamGuestMemory ram = new RamGuestMemory();
    private final InterruptLine interrupts = new InterruptLine();
    private final GuestDevice<?, ?, ?> device;
    private final VirtioPciFunction function;
    private final BitSet notified = new BitSet();
    private @Nullable EventDescriptor resample;
    private volatile @Nullable VirtioPciFunction told;

    /**
     * Plugs the device.
     *
     * @param stream stays the caller's
     * @param mostMemory bytes of one piece of RAM
     * @throws ErrnoException as {@link VirtqueueDoor#plug}
     */
    RemotePciConnection(
            DescriptorStream stream,
            VirtqueueDoor<?, ?, ?> door,
            DeviceKey key,
            Features offered,
            PciIdentity identity,
            long mostMemory) {
        this.stream = stream;
        this.notice = new UnsealedRamNotice(key);
        this.memories = new ReceivedMemories(mostMemory);
        this.device = door.plug(key, offered, ram, this);
        this.function = new VirtioPciFunction(device, identity, interrupts);
        this.told = function;
    }

    /**
     * Serves QEMU until it goes away or somebody hangs up.
     *
     * @throws ErrnoException EPROTO for what QEMU never says; EPERM for RAM that can neither be sealed nor copied; ETIMEDOUT, ECONNRESET
     *     when it stops in the middle; ENODEV when the device is gone
     */
    void serve() {
        while (true) {
            if (!notified.isEmpty() && !stream.isReadable()) {
                serveNotified();
                continue;
            }
            Optional<DescriptorStream.Message> begun = stream.read(RemotePciMessage.HEADER_BYTES);
            if (begun.isEmpty()) {
                return;
            }
            handle(begun.get());
        }
    }

    private void handle(DescriptorStream.Message begun) {
        List<Integer> descriptors = new ArrayList<>(begun.descriptors());
        try {
            RemotePciMessage.Header header = RemotePciMessage.header(begun.bytes(), descriptors.size());
            byte[] payload = header.size() == 0 ? new byte[0] : stream.readRest(header.size());
            handle(RemotePciMessage.decode(header, payload), descriptors);
        } finally {
            DescriptorStream.drop(descriptors);
        }
    }

    /** @param descriptors those that are taken are taken out */
    private void handle(RemotePciMessage message, List<Integer> descriptors) {
        switch (message) {
            case RemotePciMessage.SyncMemory(var regions) -> memory(regions, descriptors);
            case RemotePciMessage.SetInterrupt() -> interrupt(descriptors);
            case RemotePciMessage.ConfigRead(int address, int length) ->
                reply(Integer.toUnsignedLong(function.readConfig(address, length)));
            case RemotePciMessage.ConfigWrite(int address, int value, int length) -> {
                int queue = function.writeConfig(address, value, length);
                reply(0);
                notified(queue);
            }
            case RemotePciMessage.BarRead(long address, int length, boolean memory) ->
                reply(memory ? function.readMemory(address, length) : 0);
            case RemotePciMessage.BarWrite(long address, long value, int length, boolean memory) -> {
                int queue = memory ? function.writeMemory(address, value, length) : -1;
                reply(0);
                notified(queue);
            }
            case RemotePciMessage.Reset() -> {
                function.reset();
                notified.clear();
                stream.write(RemotePciMessage.emptyReply());
            }
        }
    }

    private void reply(long value) {
        stream.write(RemotePciMessage.reply(value));
    }

    private void notified(int queue) {
        if (queue >= 0) {
            notified.set(queue);
            serveNotified();
        }
    }

    /** One turn of each, so that a guest that notifies without end leaves room for what it says. */
    private void serveNotified() {
        for (int queue = notified.nextSetBit(0); queue >= 0; queue = notified.nextSetBit(queue + 1)) {
            notified.set(queue, function.serve(queue));
        }
    }

    private void memory(List<RemotePciMessage.Region> regions, List<Integer> descriptors) {
        List<RamGuestMemory.Slot> slots = new ArrayList<>();
        List<ReceivedMemory> used = new ArrayList<>();
        for (RemotePciMessage.Region region : regions) {
            ReceivedMemory memory = memories.adopt(descriptors.removeFirst());
            notice.look(memory);
            used.add(memory);
            slots.add(new RamGuestMemory.Slot(
                    new MemoryRegion(region.address(), region.size()), memory, region.offset()));
        }
        ram.replace(slots);
        device.memoryChanged();
        memories.retain(used);
    }

    private void interrupt(List<Integer> descriptors) {
        if (descriptors.size() != 2) {
            throw new ErrnoException(Errno.EPROTO, descriptors.size() + " descriptors for an interrupt");
        }
        interrupts.connect(EventDescriptor.adopt(descriptors.removeFirst()));
        EventDescriptor handled = EventDescriptor.adopt(descriptors.removeFirst());
        EventDescriptor before = resample;
        resample = handled;
        stream.bell(handled, interrupts::resample);
        if (before != null) {
            before.close();
        }
    }

    @Override
    public void configChanged() {
        VirtioPciFunction listening = told;
        if (listening != null) {
            listening.configChanged();
        }
    }

    @Override
    public void needsReset(String reason) {
        VirtioPciFunction listening = told;
        if (listening != null) {
            listening.needsReset();
        }
    }

    /** A function that is gone does not answer: QEMU's proxy knows no other way to say it. */
    @Override
    public void unplugged(String reason) {
        LOG.log(System.Logger.Level.INFO, "hangs up on QEMU: {0}", reason);
        stream.hangUp();
    }

    /** Unplugs the device; waits for it, never without end. */
    @Override
    public void close() {
        device.close();
        interrupts.close();
        EventDescriptor handled = resample;
        if (handled != null) {
            handled.close();
        }
        ram.close();
        memories.close();
    }
}
