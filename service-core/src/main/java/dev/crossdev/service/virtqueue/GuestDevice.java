package dev.crossdev.service.virtqueue;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.DeviceSession;
import dev.crossdev.service.house.GrantedMemory;
import dev.crossdev.service.house.OpenRequest;
import dev.crossdev.service.house.SessionListener;
import dev.crossdev.service.log.DeviceLog;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.RamGuestMemory;
import dev.crossdev.virtio.queue.QueueLayout;
import dev.crossdev.virtio.queue.RingException;
import dev.crossdev.virtio.queue.SplitQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One device of a virtual machine, as its transport drives it. All methods but {@link #close} are for one thread at a time;
 * answers and the listener's calls come from any thread.
 *
 * <p>When a ring turns out to be malformed, or an operator resets the device under its driver, the device takes nothing
 * more and the transport is told {@link GuestDeviceListener#needsReset}; {@link #reset} makes it new.
 */
public final class GuestDevice<C, R, E> implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(GuestDevice.class);
    private static final DeviceLog EVENTS = DeviceLog.of(GuestDevice.class);

    private final DeviceHouse<C, R, E> house;
    private final DeviceKey key;
    private final Features offered;
    private final GuestMemory memory;
    private final RamGuestMemory machine;
    private final GuestDeviceListener listener;
    private final List<QueueServer<C, R, E>> queues = new ArrayList<>();

    private volatile @Nullable Plugged plugged;
    private volatile boolean needsReset;
    /** The driver asks for this reset itself. */
    private volatile boolean resetting;

    private Features accepted;
    /** Whether the device has been given anything since it was new. */
    private boolean used;

    GuestDevice(
            DeviceHouse<C, R, E> house,
            QueueForm<C, R> form,
            DeviceKey key,
            Features offered,
            RamGuestMemory machine,
            TurnaroundListener turnarounds,
            GuestDeviceListener listener) {
        this.house = house;
        this.key = key;
        this.offered = offered;
        this.machine = machine;
        this.memory = machine.lend();
        this.listener = listener;
        this.accepted = offered.or(VirtqueueDoor.RING_FEATURES);
        for (int i = 0; i < form.queues(); i++) {
            queues.add(new QueueServer<>(
                    i,
                    form,
                    (command, nanos) -> turnarounds.turnedAround(
                            house.type().faultyResponses().nameOf(command), nanos),
                    listener::answered,
                    broken -> needsReset("malformed ring: " + broken.getMessage())));
        }
    }

    public DeviceKey key() {
        return key;
    }

    public int queues() {
        return queues.size();
    }

    /** What the driver may choose from: the device's features and the rings'. */
    public Features offered() {
        return offered.or(VirtqueueDoor.RING_FEATURES);
    }

    /** What the driver chose; all that is offered before it has. */
    public Features accepted() {
        return accepted;
    }

    /** Whether the device takes nothing until it is {@link #reset}. */
    public boolean needsReset() {
        return needsReset;
    }

    /**
     * The driver chose its features. A device with other ones than before is a new device of the same name.
     *
     * @param features bits that are not {@link #offered} are refused
     * @throws ErrnoException EINVAL; EBUSY when another took the name meanwhile; as {@link VirtqueueDoor#plug}
     */
    public void accept(Features features) {
        Features unknown = features.minus(offered());
        if (!unknown.isEmpty()) {
            throw new ErrnoException(
                    Errno.EINVAL,
                    "features that are not offered: "
                            + unknown.describe(house.type().featureNames()));
        }
        Features before = accepted.and(house.type().offered());
        Features after = features.and(house.type().offered());
        if (!before.equals(after)) {
            stopAll();
            end();
            open(after);
        }
        accepted = features;
    }

    /** What the device holds and shows; empty between two choices of features, and when it is gone. */
    public Optional<Inspectable> inspect() {
        return house.inventory().inspectIfThere(key);
    }

    /** A copy of the configuration space. */
    public byte[] config() {
        return session().config();
    }

    public void writeConfig(int offset, byte[] bytes) {
        session().writeConfig(offset, bytes);
    }

    /**
     * The driver made a ring; it is served from here on.
     *
     * @param queue index, below {@link #queues}
     * @param nextAvailable the entry to begin with: 0, or what {@link #stop} gave
     * @param call tells the driver of used buffers; from any thread, and it must not wait
     * @throws RingException for a ring that cannot be
     * @throws ErrnoException EINVAL for a queue that there is not
     */
    public void start(int queue, QueueLayout layout, int nextAvailable, Runnable call) throws RingException {
        server(queue).start(new SplitQueue(memory, layout, accepted, nextAvailable), call);
    }

    public boolean isStarted(int queue) {
        return server(queue).isRunning();
    }

    /**
     * The driver notified. Commands run on this thread; those that must wait do so elsewhere.
     *
     * @return whether to call this again soon, because there may be more of which no notification comes
     * @throws ErrnoException EINVAL for a queue that there is not
     */
    public boolean serve(int queue) {
        QueueServer<C, R, E> server = server(queue);
        Plugged device = plugged;
        if (needsReset || device == null) {
            return false;
        }
        used = true;
        return server.serve(device.session());
    }

    /**
     * Stops serving a ring, after what was taken has been answered or the patience is over.
     *
     * @return the entry to begin with when it is started again; 0 when it was not started
     */
    public int stop(int queue, Duration patience) {
        return server(queue).stop(patience);
    }

    /** The machine's memory table changed: rings are looked up again. */
    public void memoryChanged() {
        queues.forEach(QueueServer::remap);
    }

    /** Whether a driver has used the device since it was made or reset. */
    public boolean isUsed() {
        return used;
    }

    /**
     * The driver resets the device: rings are stopped, what was taken is never answered, and nothing is left of what there
     * was. May wait for importers to let go of guest memory, never without end.
     *
     * @throws DeviceGoneException the device is gone
     */
    public void reset() {
        stopAll();
        // Fails with the right error when it is gone.
        DeviceSession<C, R, E> unused = session();
        resetting = true;
        try {
            house.reset(key);
        } catch (ErrnoException e) {
            throw e.errno() == Errno.ENOENT ? gone() : e;
        } finally {
            resetting = false;
        }
        used = false;
        needsReset = false;
    }

    /** Unplugs the device. May wait for it, as {@link #reset}; closing twice does nothing. */
    @Override
    public void close() {
        stopAll();
        end();
        memory.close();
    }

    void open(Features features) {
        Plugged next = new Plugged();
        plugged = next;
        next.session = house.open(
                new OpenRequest(
                        key,
                        Optional.of(features),
                        Optional.of(() -> new GrantedMemory(machine.lend(), () -> {})),
                        Duration.ZERO),
                next);
        used = false;
        needsReset = false;
    }

    private void end() {
        Plugged ending = plugged;
        plugged = null;
        if (ending != null) {
            ending.session().end();
        }
    }

    private void stopAll() {
        queues.forEach(QueueServer::drop);
    }

    private QueueServer<C, R, E> server(int queue) {
        if (queue < 0 || queue >= queues.size()) {
            throw new ErrnoException(Errno.EINVAL, "there is no virtqueue " + queue);
        }
        return queues.get(queue);
    }

    private DeviceSession<C, R, E> session() {
        Plugged there = plugged;
        if (there == null || there.gone) {
            throw gone();
        }
        return there.session();
    }

    private DeviceGoneException gone() {
        return new DeviceGoneException("device " + key + " is gone");
    }

    private void needsReset(String reason) {
        if (!needsReset) {
            needsReset = true;
            EVENTS.warn("device needs reset", key, "needs a reset: " + reason);
            listener.needsReset(reason);
        }
    }

    /** The device as it is in the house, from one choice of features to the next. */
    private final class Plugged implements SessionListener<E> {
        private volatile @Nullable DeviceSession<C, R, E> session;
        private volatile boolean gone;

        DeviceSession<C, R, E> session() {
            DeviceSession<C, R, E> opened = session;
            if (opened == null) {
                throw gone();
            }
            return opened;
        }

        @Override
        public void opened(Features features, byte[] config, long epoch) {
            LOG.debugf("device %s with %s", key, features.describe(house.type().featureNames()));
        }

        @Override
        public void event(E event) {
            EVENTS.warn("event lost", key, "has no event queue for " + event);
        }

        @Override
        public void configChanged(byte[] config) {
            listener.configChanged();
        }

        @Override
        public void reset(long epoch) {
            if (!resetting) {
                needsReset("it was reset by an operator");
            }
        }

        @Override
        public void unplugged(String reason) {
            gone = true;
            listener.unplugged(reason);
        }

        @Override
        public void connectionDropped() {
            listener.unplugged("the connection was dropped by an injected fault");
        }
    }
}
