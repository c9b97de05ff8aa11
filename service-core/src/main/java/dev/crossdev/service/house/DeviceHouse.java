package dev.crossdev.service.house;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.service.log.DeviceLog;
import dev.crossdev.virtio.Features;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The devices of a service, by guest and name: made by an opener or by a single command, owned by at most one stream, gone
 * with it or with their lease.
 */
public final class DeviceHouse<C, R, E> implements AutoCloseable {

    private static final DeviceLog LOG = DeviceLog.of(DeviceHouse.class);

    /** How long a single command waits for a device that another one is making. */
    private static final Duration MAKING = Duration.ofSeconds(10);

    /** How long the end of the house waits for its devices. */
    private static final Duration UNPLUGGING = Duration.ofSeconds(10);

    private static final String GOING_AWAY = "the service is going away";

    private final DeviceMaker<C, R, E> maker;
    private final HouseLimits limits;
    private final DeviceClaims claims;
    private final Knobs knobs;
    private final LeaseTimer timer = new LeaseTimer();

    private final ReentrantLock door = new ReentrantLock();
    /** Changed under {@code door} only. */
    private final ConcurrentNavigableMap<DeviceKey, DeviceInstance<C, R, E>> instances = new ConcurrentSkipListMap<>();

    private final DeviceChanges changes = new DeviceChanges();
    private final DeviceInventory inventory = new DeviceInventory(instances, changes);
    /** Guarded by {@code door}. */
    private final Map<DeviceKey, CompletableFuture<DeviceInstance<C, R, E>>> making = new HashMap<>();

    private final Taps taps;
    /** Guarded by {@code door}. */
    private boolean draining;

    private final Condition someoneLeft = door.newCondition();

    /**
     * @param commands told of each answer
     * @param violations told of each breach of the protocol, beside the count that each device keeps
     * @param claims asked before a device is made
     */
    public DeviceHouse(
            DeviceType<C, R, E> type,
            HouseLimits limits,
            CommandListener commands,
            Violations violations,
            DeviceClaims claims) {
        this.claims = claims;
        this.maker = new DeviceMaker<>(type, commands, violations, changes);
        this.limits = limits;
        this.knobs = new Knobs(inventory::all, inventory::find);
        this.taps = new Taps(door, instances, type.offered());
    }

    public DeviceType<C, R, E> type() {
        return maker.type();
    }

    /**
     * Makes a device, or takes up one whose lease has not run out, for an owner who is told so before anything else. May
     * wait a little.
     *
     * @throws ErrnoException EBUSY when it has an owner; EINVAL for features that are not offered or differ from the
     *     device's, for memory brought to a device that has its own, for too long a lease; ENOBUFS when the house is
     *     full; {@link DeviceGoneException} when it is being drained; what the claim, the type and the memory throw
     */
    public DeviceSession<C, R, E> open(OpenRequest request, SessionListener<E> listener) {
        checkFeatures(request.features());
        limits.checkLease(request.lease());
        CompletableFuture<DeviceInstance<C, R, E>> made = new CompletableFuture<>();
        door.lock();
        try {
            DeviceInstance<C, R, E> there = enter(request.key());
            if (there != null) {
                return takeUp(there, request, listener);
            }
            if (making.putIfAbsent(request.key(), made) != null) {
                throw busy(request.key());
            }
        } finally {
            door.unlock();
        }
        DeviceInstance<C, R, E> instance = make(request, made);
        DeviceSession<C, R, E> session = new DeviceSession<>(this, instance, listener, request.lease());
        // Nobody else can have been before: it has just been made.
        settle(request.key(), made, instance, () -> instance.takeUp(session));
        return session;
    }

    /**
     * A device that is there and has no owner, without waiting; its lease is renewed.
     *
     * @throws ErrnoException EBUSY when it has an owner, EINVAL for too long a lease
     */
    public Optional<BorrowedDevice<C, R, E>> borrow(DeviceKey key, Duration lease) {
        limits.checkLease(lease);
        door.lock();
        try {
            DeviceInstance<C, R, E> there = instances.get(key);
            return there == null ? Optional.empty() : Optional.of(lend(there, lease));
        } finally {
            door.unlock();
        }
    }

    /**
     * As {@link #borrow}; makes the device when it is not there, with all features, and may wait for that.
     *
     * @throws ErrnoException as {@link #open} does
     */
    public BorrowedDevice<C, R, E> borrowOrMake(DeviceKey key, MemorySource memory, Duration lease) {
        limits.checkLease(lease);
        CompletableFuture<DeviceInstance<C, R, E>> mine = new CompletableFuture<>();
        CompletableFuture<DeviceInstance<C, R, E>> others;
        door.lock();
        try {
            DeviceInstance<C, R, E> there = enter(key);
            if (there != null) {
                return lend(there, lease);
            }
            others = making.putIfAbsent(key, mine);
        } finally {
            door.unlock();
        }
        if (others == null) {
            DeviceInstance<C, R, E> instance =
                    make(new OpenRequest(key, Optional.empty(), Optional.of(memory), lease), mine);
            settle(key, mine, instance, () -> startLease(instance, lease));
            return new BorrowedDevice<>(instance);
        }
        DeviceInstance<C, R, E> there = await(others);
        door.lock();
        try {
            return lend(there, lease);
        } finally {
            door.unlock();
        }
    }

    /** What is in the house. */
    public DeviceInventory inventory() {
        return inventory;
    }

    /** Those who see what travels between drivers and devices. */
    public Taps taps() {
        return taps;
    }

    /**
     * Resets a device and waits for it.
     *
     * @return the epoch that began
     * @throws ErrnoException ENOENT
     */
    public long reset(DeviceKey key) {
        return inventory.find(key).reset();
    }

    /**
     * Unplugs a device and waits for it.
     *
     * @throws ErrnoException ENOENT
     */
    public void delete(DeviceKey key, String reason) {
        DeviceInstance<C, R, E> instance = instances.get(key);
        if (instance == null) {
            throw DeviceInventory.noDevice(key);
        }
        remove(instance);
        unplug(instance, reason);
    }

    /** Timing and faults of the device edges. */
    public Knobs knobs() {
        return knobs;
    }

    /** Makes no more devices, lets streams end for a while, and then unplugs whatever is left. Waits for all of it. */
    public void drain(Duration grace) {
        door.lock();
        try {
            draining = true;
            taps.devicesComeNoMore();
            long left = grace.toNanos();
            while (left > 0 && (!making.isEmpty() || instances.values().stream().anyMatch(DeviceInstance::isOwned))) {
                left = someoneLeft.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            // Whoever interrupts is in a hurry.
            Thread.currentThread().interrupt();
        } finally {
            door.unlock();
        }
        unplugAll(GOING_AWAY);
        taps.endWaiting(GOING_AWAY);
    }

    @Override
    public void close() {
        drain(Duration.ZERO);
        timer.close();
    }

    /** A session is over. */
    void ended(DeviceSession<C, R, E> session) {
        DeviceInstance<C, R, E> instance = session.instance();
        boolean over = session.lease().isZero();
        door.lock();
        try {
            instance.letGo(session);
            if (over) {
                instances.remove(instance.facts().key(), instance);
            } else if (isHere(instance)) {
                startLease(instance, session.lease());
            }
            someoneLeft.signalAll();
        } finally {
            door.unlock();
        }
        if (over) {
            unplug(instance, "its stream ended");
        }
    }

    private void unplugAll(String reason) {
        List<CompletableFuture<Void>> unplugging = instances.values().stream()
                .map(instance -> {
                    remove(instance);
                    return CompletableFuture.runAsync(() -> unplug(instance, reason), Thread::startVirtualThread);
                })
                .toList();
        var _ = CompletableFuture.allOf(unplugging.toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, UNPLUGGING.toNanos(), TimeUnit.NANOSECONDS)
                .handle((_, _) -> true)
                .join();
    }

    /** To be called under {@code door}: the device, unless it is to be made, for which there must be room. */
    private @Nullable DeviceInstance<C, R, E> enter(DeviceKey key) {
        DeviceInstance<C, R, E> there = instances.get(key);
        if (there == null && draining) {
            throw draining();
        }
        if (there == null) {
            limits.checkRoom(
                    key.guest(),
                    Stream.concat(instances.keySet().stream(), making.keySet().stream())
                            .toList());
        }
        return there;
    }

    private DeviceInstance<C, R, E> make(OpenRequest request, CompletableFuture<DeviceInstance<C, R, E>> made) {
        try {
            claims.claim(request.key());
            Features features = request.features().orElse(type().offered());
            return maker.make(request.key(), features, request.memory());
        } catch (RuntimeException | Error e) {
            door.lock();
            try {
                making.remove(request.key());
                claims.release(request.key());
                someoneLeft.signalAll();
            } finally {
                door.unlock();
            }
            made.completeExceptionally(e);
            throw e;
        }
    }

    /** A device that was made gets its place, and whoever made it takes it. */
    private void settle(
            DeviceKey key,
            CompletableFuture<DeviceInstance<C, R, E>> made,
            DeviceInstance<C, R, E> instance,
            Runnable taken) {
        boolean came = false;
        door.lock();
        try {
            making.remove(key);
            someoneLeft.signalAll();
            if (!draining) {
                knobs.admit(instance, () -> instances.put(key, instance));
                taps.made(instance);
                taken.run();
                made.complete(instance);
                came = true;
            }
        } finally {
            door.unlock();
        }
        if (came) {
            LOG.info(
                    "device came",
                    key,
                    "came, a " + type().name() + " with "
                            + instance.facts().features().describe(type().featureNames()));
            return;
        }
        DeviceGoneException tooLate = draining();
        made.completeExceptionally(tooLate);
        unplug(instance, GOING_AWAY);
        throw tooLate;
    }

    private DeviceSession<C, R, E> takeUp(
            DeviceInstance<C, R, E> there, OpenRequest request, SessionListener<E> listener) {
        if (there.isOwned()) {
            throw busy(request.key());
        }
        if (request.features().isPresent()
                && !request.features().get().equals(there.facts().features())) {
            throw new ErrnoException(Errno.EINVAL, "device " + request.key() + " is there and has other features");
        }
        if (request.memory().isPresent()) {
            throw new ErrnoException(
                    Errno.EINVAL, "device " + request.key() + " is there and keeps its guest memory: open it without");
        }
        DeviceSession<C, R, E> session = new DeviceSession<>(this, there, listener, request.lease());
        if (!there.takeUp(session)) {
            throw busy(request.key());
        }
        there.endLease();
        return session;
    }

    private BorrowedDevice<C, R, E> lend(DeviceInstance<C, R, E> there, Duration lease) {
        if (there.isOwned()) {
            throw busy(there.facts().key());
        }
        if (isHere(there)) {
            startLease(there, lease);
        }
        return new BorrowedDevice<>(there);
    }

    /** To be called under {@code door}. */
    private void startLease(DeviceInstance<C, R, E> instance, Duration length) {
        instance.endLease();
        instance.startLease(timer.start(length, lease -> expire(instance, lease)));
    }

    private void expire(DeviceInstance<C, R, E> instance, Lease lease) {
        door.lock();
        try {
            // Renewed, or given up to an owner, while the timer was already running.
            if (instance.lease().filter(current -> current == lease).isEmpty()) {
                return;
            }
            remove(instance);
        } finally {
            door.unlock();
        }
        unplug(instance, "its lease ran out");
    }

    private void unplug(DeviceInstance<C, R, E> instance, String reason) {
        instance.unplug(reason);
        DeviceKey key = instance.facts().key();
        door.lock();
        try {
            // Another one of that name may have come meanwhile.
            if (!instances.containsKey(key) && !making.containsKey(key)) {
                claims.release(key);
            }
        } finally {
            door.unlock();
        }
    }

    private void remove(DeviceInstance<C, R, E> instance) {
        door.lock();
        try {
            instance.endLease();
            instances.remove(instance.facts().key(), instance);
        } finally {
            door.unlock();
        }
    }

    private boolean isHere(DeviceInstance<C, R, E> instance) {
        return instances.get(instance.facts().key()) == instance;
    }

    private void checkFeatures(Optional<Features> wanted) {
        Features offered = type().offered();
        wanted.map(features -> features.minus(offered))
                .filter(unknown -> !unknown.isEmpty())
                .ifPresent(unknown -> {
                    throw new ErrnoException(
                            Errno.EINVAL,
                            "features that this device does not offer: " + unknown.describe(type().featureNames()));
                });
    }

    static DeviceGoneException draining() {
        return new DeviceGoneException("the service is being drained and makes no devices");
    }

    private static ErrnoException busy(DeviceKey key) {
        return new ErrnoException(Errno.EBUSY, "device " + key + " belongs to a stream");
    }

    private static <I> I await(CompletableFuture<I> made) {
        try {
            return made.get(MAKING.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ErrnoException errno
                    ? errno
                    : new ErrnoException(Errno.EIO, "the device could not be made", e.getCause());
        } catch (TimeoutException e) {
            throw new ErrnoException(Errno.ETIMEDOUT, "the device is still being made", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "interrupted", e);
        }
    }
}
