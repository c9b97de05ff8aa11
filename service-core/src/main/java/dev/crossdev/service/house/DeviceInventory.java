package dev.crossdev.service.house;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.Inspectable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** What is in the house at the moment, for those who look. Waits for nothing but the devices' short locks. */
public final class DeviceInventory {

    /** Ordered by guest and name. */
    private final Map<DeviceKey, ? extends DeviceInstance<?, ?, ?>> instances;

    private final DeviceChanges changes;

    DeviceInventory(Map<DeviceKey, ? extends DeviceInstance<?, ?, ?>> instances, DeviceChanges changes) {
        this.instances = instances;
        this.changes = changes;
    }

    /** All devices, or those of one guest, ordered by guest and name. */
    public List<DeviceView> list(Optional<String> guest) {
        return ofGuest(guest).map(DeviceInstance::view).toList();
    }

    /** @throws ErrnoException ENOENT */
    public DeviceView get(DeviceKey key) {
        return find(key).view();
    }

    public int count() {
        return instances.size();
    }

    /** The buffers of all devices, or of one guest's, in the order of the devices and of the buffers' age. */
    public List<DeviceView.Held> buffers(Optional<String> guest) {
        return ofGuest(guest)
                .flatMap(instance -> inspection(instance).buffers().stream()
                        .map(buffer -> new DeviceView.Held(instance.facts().key(), buffer)))
                .toList();
    }

    /** What all devices use together. */
    public Inspectable.Usage usage() {
        Inspectable.Usage sum = Inspectable.Usage.NONE;
        for (DeviceInstance<?, ?, ?> instance : instances.values()) {
            sum = sum.plus(inspection(instance).usage());
        }
        return sum;
    }

    /** A number of each device's, of all devices together. */
    public long sum(ToLongFunction<? super Inspectable> number) {
        return instances.values().stream()
                .mapToLong(instance -> number.applyAsLong(inspection(instance)))
                .sum();
    }

    /** @throws ErrnoException ENOENT */
    public Inspectable inspect(DeviceKey key) {
        return inspection(find(key));
    }

    /** As {@link #inspect}, for those to whom a device that is gone is no error. */
    public Optional<Inspectable> inspectIfThere(DeviceKey key) {
        return Optional.ofNullable(instances.get(key)).map(DeviceInventory::inspection);
    }

    /**
     * Begins to watch the devices, or those of one guest.
     *
     * @param wake run whenever there may be something to {@linkplain DeviceWatch#poll poll}, from any thread and under locks:
     *     it must take none, look at no device, and return at once
     */
    public DeviceWatch watch(Optional<String> guest, Runnable wake) {
        return new DeviceWatch(changes, instances, guest, wake);
    }

    /** How many watch. */
    public int watchers() {
        return changes.count();
    }

    /** @throws ErrnoException ENOENT */
    DeviceInstance<?, ?, ?> find(DeviceKey key) {
        DeviceInstance<?, ?, ?> instance = instances.get(key);
        if (instance == null) {
            throw noDevice(key);
        }
        return instance;
    }

    /** All. */
    Stream<DeviceInstance<?, ?, ?>> all() {
        return instances.values().stream().map(instance -> instance);
    }

    static ErrnoException noDevice(DeviceKey key) {
        return new ErrnoException(Errno.ENOENT, "no device " + key);
    }

    private Stream<DeviceInstance<?, ?, ?>> ofGuest(Optional<String> guest) {
        return all().filter(instance ->
                guest.isEmpty() || guest.get().equals(instance.facts().key().guest()));
    }

    private static Inspectable inspection(DeviceInstance<?, ?, ?> instance) {
        return instance.facts().hosted().inspection();
    }
}
