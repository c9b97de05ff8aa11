package dev.crossdev.service.house;

import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.timing.Answered;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** An owner's hold of a device, from its open to its end. */
public final class DeviceSession<C, R, E> {

    private final DeviceHouse<C, R, E> house;
    private final DeviceInstance<C, R, E> instance;
    private final SessionListener<E> listener;
    private final Duration lease;
    private final AtomicBoolean ended = new AtomicBoolean();

    DeviceSession(
            DeviceHouse<C, R, E> house, DeviceInstance<C, R, E> instance, SessionListener<E> listener, Duration lease) {
        this.house = house;
        this.instance = instance;
        this.listener = listener;
        this.lease = lease;
    }

    /**
     * Hands the device its next command. To be called by one thread at a time, in the commands' order.
     *
     * @param done takes the answer, from any thread, under the lock that orders answers and events: it must hand it on and
     *     return. Not called when the device is reset or goes away first; called twice only by an injected fault.
     * @return false when the device takes none: it is being reset or is gone, and {@code done} will not be called
     */
    public boolean submit(C command, Consumer<Answered<R>> done) {
        return submit(command, CommandOrigin.MESSAGE, done);
    }

    /**
     * As {@link #submit(Object, Consumer)}.
     *
     * @param origin for those who watch the device
     */
    public boolean submit(C command, CommandOrigin origin, Consumer<Answered<R>> done) {
        return !ended.get()
                && instance.submit(command, origin, answered -> {
                    if (!ended.get()) {
                        done.accept(answered);
                    }
                });
    }

    /** What came was no command and has been answered; those who watch the device see that too. */
    public void answeredAtDoor(CommandOrigin origin, R answer) {
        if (!ended.get()) {
            instance.answeredAtDoor(origin, answer);
        }
    }

    /** Whose hold it is. */
    public DeviceKey key() {
        return instance.facts().key();
    }

    /** The configuration space as it is now. */
    public byte[] config() {
        return instance.config();
    }

    public void writeConfig(int offset, byte[] bytes) {
        if (!ended.get()) {
            instance.writeConfig(offset, bytes);
        }
    }

    public GuestMemory memory() {
        return instance.facts().memory();
    }

    /**
     * Lets go of the device: without a lease that unplugs it, which may wait for the device. Ending twice does nothing.
     */
    public void end() {
        if (ended.compareAndSet(false, true)) {
            house.ended(this);
        }
    }

    DeviceInstance<C, R, E> instance() {
        return instance;
    }

    SessionListener<E> listener() {
        return listener;
    }

    Duration lease() {
        return lease;
    }
}
