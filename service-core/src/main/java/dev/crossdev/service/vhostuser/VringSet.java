package dev.crossdev.service.vhostuser;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import dev.crossdev.dmabuf.memory.EventDescriptor;
import dev.crossdev.service.vhostuser.VhostUserRequest.SetAddresses;
import dev.crossdev.service.vhostuser.VhostUserRequest.SetEvent;
import dev.crossdev.service.virtqueue.GuestDevice;
import dev.crossdev.virtio.queue.QueueLayout;
import dev.crossdev.virtio.queue.RingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * A device's rings: when each is served. A ring is started by its kick and stopped by GET_VRING_BASE; it is served while it
 * is started and enabled (docs/interop/vhost-user.rst, Ring states).
 */
final class VringSet implements AutoCloseable {

    /** For what a ring has taken to be answered before it stops. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

    private final GuestDevice<?, ?, ?> device;
    private final MachineMemory memory;
    private final DescriptorStream stream;
    private final List<Vring> rings = new ArrayList<>();
    /** Rings of which there may be more than was served. */
    private final BitSet unfinished = new BitSet();

    VringSet(GuestDevice<?, ?, ?> device, MachineMemory memory, DescriptorStream stream) {
        this.device = device;
        this.memory = memory;
        this.stream = stream;
        for (int i = 0; i < device.queues(); i++) {
            rings.add(new Vring());
        }
    }

    void size(int queue, int size) {
        ring(queue).size = size;
    }

    /** Of use when the ring is started next: every front end that is known says this of a stopped ring. */
    void addresses(SetAddresses addresses) {
        ring(addresses.queue()).addresses = addresses;
    }

    void base(int queue, int base) {
        if (base < 0 || base > 0xffff) {
            throw new ErrnoException(Errno.EINVAL, "a ring's base of " + Integer.toUnsignedString(base));
        }
        Vring ring = ring(queue);
        ring.base = base;
        ring.baseSaid = true;
    }

    void enable(int queue, boolean enabled) {
        Vring ring = ring(queue);
        ring.enabled = enabled;
        if (!enabled) {
            pause(queue);
            return;
        }
        try {
            startIfReady(queue);
        } catch (ErrnoException e) {
            ring.enabled = false;
            throw e;
        }
    }

    /** @param descriptors the event, when there is one; taken out */
    void event(SetEvent event, List<Integer> descriptors) {
        Vring ring = ring(event.queue());
        switch (event.event()) {
            case KICK -> kick(event, ring, descriptors);
            case CALL -> {
                ring.call(event.withDescriptor() ? EventDescriptor.adopt(descriptors.removeFirst()) : null);
                // Whoever waits at the new one was not told of what was used meanwhile.
                if (device.isStarted(event.queue())) {
                    ring.signalCall();
                }
            }
            case ERROR -> ring.error(event.withDescriptor() ? EventDescriptor.adopt(descriptors.removeFirst()) : null);
        }
    }

    private void kick(SetEvent event, Vring ring, List<Integer> descriptors) {
        if (!event.withDescriptor()) {
            throw new ErrnoException(Errno.EOPNOTSUPP, "a ring without a kick would have to be polled");
        }
        EventDescriptor next = EventDescriptor.adopt(descriptors.removeFirst());
        forgetKick(ring);
        ring.kick(next);
        stream.bell(next, () -> kicked(event.queue()));
        try {
            startIfReady(event.queue());
        } catch (ErrnoException e) {
            forgetKick(ring);
            throw e;
        }
    }

    private void kicked(int queue) {
        boolean more = device.serve(queue);
        while (more && !stream.isReadable()) {
            more = device.serve(queue);
        }
        unfinished.set(queue, more);
    }

    /** Goes on with rings that messages have interrupted. False when nothing is left, or a message waits. */
    boolean serveUnfinished() {
        if (unfinished.isEmpty() || stream.isReadable()) {
            return false;
        }
        for (int queue = unfinished.nextSetBit(0); queue >= 0; queue = unfinished.nextSetBit(queue + 1)) {
            unfinished.set(queue, device.serve(queue));
        }
        return true;
    }

    private void startIfReady(int queue) {
        Vring ring = rings.get(queue);
        SetAddresses addresses = ring.addresses;
        if (!ring.started() || !ring.enabled || addresses == null || device.isStarted(queue)) {
            return;
        }
        QueueLayout layout = new QueueLayout(
                ring.size,
                memory.guestAddress(addresses.descriptors()),
                memory.guestAddress(addresses.available()),
                memory.guestAddress(addresses.used()));
        resetIfNew(queue);
        try {
            device.start(queue, layout, ring.base, ring::signalCall);
        } catch (RingException e) {
            throw new ErrnoException(Errno.EINVAL, "ring " + queue + ": " + e.getMessage(), e);
        }
        // A kick may have come and gone before.
        kicked(queue);
    }

    /**
     * There is no word for "the driver has reset the device": its rings stop, and then the first one is made to begin at 0
     * again. Rings that stop because the machine does go on where they were.
     */
    private void resetIfNew(int queue) {
        Vring ring = rings.get(queue);
        boolean anew = queue == 0 && ring.baseSaid && ring.base == 0;
        ring.baseSaid = false;
        if (anew && (device.isUsed() || device.needsReset())) {
            suspend();
            device.reset();
            for (int other = 1; other < rings.size(); other++) {
                startIfReady(other);
            }
        }
    }

    /** Remembers where it was. */
    private void pause(int queue) {
        if (device.isStarted(queue)) {
            rings.get(queue).base = device.stop(queue, STOP_PATIENCE);
        }
        unfinished.clear(queue);
    }

    void suspend() {
        for (int i = 0; i < rings.size(); i++) {
            pause(i);
        }
    }

    /** @param all whether every ring is enabled, because there is no message that says so */
    void resume(boolean all) {
        for (int i = 0; i < rings.size(); i++) {
            rings.get(i).enabled |= all;
            startIfReady(i);
        }
    }

    /**
     * GET_VRING_BASE.
     *
     * @return the entry that would be taken next
     */
    int stop(int queue) {
        Vring ring = ring(queue);
        pause(queue);
        forgetKick(ring);
        ring.call(null);
        return ring.base;
    }

    /** The device is reset: nothing is started. */
    void forget() {
        unfinished.clear();
        for (Vring ring : rings) {
            forgetKick(ring);
            ring.enabled = false;
            ring.base = 0;
        }
    }

    private void forgetKick(Vring ring) {
        EventDescriptor kick = ring.kick();
        if (kick != null) {
            stream.unbell(kick);
            ring.kick(null);
        }
    }

    void signalErrors() {
        rings.forEach(Vring::signalError);
    }

    private Vring ring(int queue) {
        if (queue < 0 || queue >= rings.size()) {
            throw new ErrnoException(Errno.EINVAL, "there is no ring " + Integer.toUnsignedString(queue));
        }
        return rings.get(queue);
    }

    @Override
    public void close() {
        for (Vring ring : rings) {
            forgetKick(ring);
            ring.close();
        }
    }
}
