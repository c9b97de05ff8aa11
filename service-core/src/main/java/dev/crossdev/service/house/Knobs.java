package dev.crossdev.service.house;

import dev.crossdev.service.log.DeviceLog;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Injected timing and faults: of one device, or of all and those to come. */
public final class Knobs {

    private static final DeviceLog LOG = DeviceLog.of(Knobs.class);

    private final Supplier<Stream<DeviceInstance<?, ?, ?>>> all;
    private final Function<DeviceKey, DeviceInstance<?, ?, ?>> one;

    private final ReentrantLock lock = new ReentrantLock();
    private final List<Fault> faultsToCome = new ArrayList<>();
    private DeviceTiming timingToCome = DeviceTiming.NONE;

    /**
     * @param all devices
     * @param one device; fails with ENOENT
     */
    Knobs(Supplier<Stream<DeviceInstance<?, ?, ?>>> all, Function<DeviceKey, DeviceInstance<?, ?, ?>> one) {
        this.all = all;
        this.one = one;
    }

    /**
     * @param device empty: all, and those to come
     * @throws dev.crossdev.dmabuf.error.ErrnoException ENOENT
     */
    public void setTiming(Optional<DeviceKey> device, DeviceTiming timing) {
        lock.lock();
        try {
            boolean news = device.isPresent() || !timing.equals(timingToCome);
            if (device.isEmpty()) {
                timingToCome = timing;
            }
            devices(device).forEach(each -> each.timing(timing));
            if (news) {
                LOG.info(
                        "timing set",
                        concerned(device),
                        "transit " + timing.transit() + ", service " + timing.service());
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * @param device empty: all, and those to come
     * @throws dev.crossdev.dmabuf.error.ErrnoException ENOENT
     */
    public void inject(Optional<DeviceKey> device, Fault fault) {
        lock.lock();
        try {
            if (device.isEmpty()) {
                faultsToCome.add(fault);
            }
            devices(device).forEach(each -> each.faults().add(fault));
            LOG.warn("fault injected", concerned(device), "a fault is injected: " + fault);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Disarms.
     *
     * @param device empty: all, and those to come
     * @return how many faults were armed on devices
     * @throws dev.crossdev.dmabuf.error.ErrnoException ENOENT
     */
    public int clear(Optional<DeviceKey> device) {
        lock.lock();
        try {
            if (device.isEmpty()) {
                faultsToCome.clear();
            }
            return devices(device).mapToInt(each -> each.faults().clear()).sum();
        } finally {
            lock.unlock();
        }
    }

    /** What devices to come will have. */
    public DeviceTiming timingToCome() {
        lock.lock();
        try {
            return timingToCome;
        } finally {
            lock.unlock();
        }
    }

    /** The faults that devices to come will have, oldest first. */
    public List<Fault> faultsToCome() {
        lock.lock();
        try {
            return List.copyOf(faultsToCome);
        } finally {
            lock.unlock();
        }
    }

    /** Gives a new device what devices to come were to have; {@code placed} makes it one of all at the same moment. */
    void admit(DeviceInstance<?, ?, ?> device, Runnable placed) {
        lock.lock();
        try {
            placed.run();
            device.timing(timingToCome);
            faultsToCome.forEach(device.faults()::add);
        } finally {
            lock.unlock();
        }
    }

    private static Object concerned(Optional<DeviceKey> device) {
        return device.isPresent() ? device.get() : "*";
    }

    private Stream<DeviceInstance<?, ?, ?>> devices(Optional<DeviceKey> device) {
        return device.<Stream<DeviceInstance<?, ?, ?>>>map(key -> Stream.of(one.apply(key)))
                .orElseGet(all);
    }
}
