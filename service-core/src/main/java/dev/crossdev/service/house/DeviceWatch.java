package dev.crossdev.service.house;

import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.FaultPlan;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The devices as they come, change and go, for one who watches: first those that are there, then a marker, then changes.
 *
 * <p>What waits to be told is which devices have changed, not how often: whoever does not ask for a while is told the latest
 * state of each, once. So a watcher costs no more than there are devices, and never misses how things stand. Commands and
 * resources alone are no change; they are as of the moment of the telling.
 */
public final class DeviceWatch implements AutoCloseable {

    /** What a watcher is told. */
    public sealed interface Change {
        /** It was there at the beginning, or was made. */
        record Created(DeviceView device) implements Change {}

        /** Its owner, lease (to the second), epoch, timing, faults or violations. */
        record Changed(DeviceView device) implements Change {}

        /** @param reason for people */
        record Removed(DeviceKey key, String reason) implements Change {}

        /** What was there at the beginning has been told. */
        record Synchronized() implements Change {}
    }

    /** What was told last of a device; a lease that is renewed with every command is no news each time. */
    private record Told(DeviceInstance<?, ?, ?> instance, Shown shown) {}

    private record Shown(
            long epoch,
            boolean connected,
            Optional<Instant> leaseEndsAt,
            DeviceTiming timing,
            List<FaultPlan.Active> faults,
            Map<String, Long> struck,
            Map<String, Long> violations) {

        static Shown of(DeviceView view) {
            return new Shown(
                    view.epoch(),
                    view.connected(),
                    view.leaseEndsAt().map(end -> end.truncatedTo(ChronoUnit.SECONDS)),
                    view.timing(),
                    view.faults(),
                    view.faultHits(),
                    view.violations());
        }
    }

    private final DeviceChanges changes;
    private final Map<DeviceKey, ? extends DeviceInstance<?, ?, ?>> instances;
    private final Optional<String> guest;
    private final Runnable wake;
    private final Consumer<DeviceKey> listener = this::note;

    /** Guarded by itself. */
    private final LinkedHashSet<DeviceKey> dirty = new LinkedHashSet<>();

    /** The rest only under the watch's own monitor. */
    private final Deque<DeviceKey> first;

    private final Map<DeviceKey, Told> told = new HashMap<>();
    private boolean synced;

    DeviceWatch(
            DeviceChanges changes,
            Map<DeviceKey, ? extends DeviceInstance<?, ?, ?>> instances,
            Optional<String> guest,
            Runnable wake) {
        this.changes = changes;
        this.instances = instances;
        this.guest = guest;
        this.wake = wake;
        changes.add(listener);
        this.first = new ArrayDeque<>(new TreeSet<>(instances.keySet()));
    }

    /**
     * What is to be told next; empty when there is nothing new. To be called without any lock, outside of {@code wake}: it
     * looks at devices.
     */
    public synchronized Optional<Change> poll() {
        while (true) {
            DeviceKey key = nextKey();
            if (key == null) {
                if (synced) {
                    return Optional.empty();
                }
                synced = true;
                return Optional.of(new Change.Synchronized());
            }
            if (guest.isEmpty() || guest.get().equals(key.guest())) {
                Optional<Change> change = changeOf(key);
                if (change.isPresent()) {
                    return change;
                }
            }
        }
    }

    /** Nothing is noted any more. */
    @Override
    public void close() {
        changes.remove(listener);
    }

    private void note(DeviceKey key) {
        boolean news;
        synchronized (dirty) {
            news = dirty.add(key);
        }
        if (news) {
            wake.run();
        }
    }

    private @Nullable DeviceKey nextKey() {
        DeviceKey initial = first.poll();
        if (initial != null) {
            return initial;
        }
        if (!synced) {
            return null;
        }
        synchronized (dirty) {
            return dirty.isEmpty() ? null : dirty.removeFirst();
        }
    }

    private Optional<Change> changeOf(DeviceKey key) {
        Told before = told.get(key);
        DeviceInstance<?, ?, ?> now = instances.get(key);
        if (before != null && before.instance() != now) {
            Optional<String> reason = before.instance().goneBecause();
            if (reason.isEmpty()) {
                // It has left its place and is about to be unplugged, which is noted too.
                return Optional.empty();
            }
            told.remove(key);
            if (now != null) {
                note(key);
            }
            return Optional.of(new Change.Removed(key, reason.get()));
        }
        if (now == null) {
            return Optional.empty();
        }
        DeviceView view = now.view();
        Shown shown = Shown.of(view);
        if (before != null && before.shown().equals(shown)) {
            return Optional.empty();
        }
        told.put(key, new Told(now, shown));
        return Optional.of(before == null ? new Change.Created(view) : new Change.Changed(view));
    }
}
