package dev.crossdev.virtio.timing;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The faults that a device still has before it, and how often each kind has struck. Safe for use by several threads;
 * asking costs one volatile read while there is none.
 */
public final class FaultPlan {

    private final List<Waiting> waiting = new ArrayList<>();
    private final FaultCounts struck = new FaultCounts();
    private final Runnable changed;
    private volatile boolean empty = true;

    /** A plan of which nobody is told. */
    public FaultPlan() {
        this(() -> {});
    }

    /** @param changed run whenever a fault was armed, has struck, or was disarmed; on the thread that did it, unlocked */
    public FaultPlan(Runnable changed) {
        this.changed = changed;
    }

    /**
     * A fault that has not struck as often as it shall.
     *
     * @param hits how many commands it has struck
     */
    public record Active(Fault fault, int hits) {}

    /** A fault and how many commands it still waits for. */
    private static final class Waiting {
        final Fault fault;
        int left;

        Waiting(Fault fault) {
            this.fault = fault;
            this.left = fault.times();
        }
    }

    public void add(Fault fault) {
        synchronized (waiting) {
            waiting.add(new Waiting(fault));
            empty = false;
        }
        changed.run();
    }

    /**
     * Forgets what has not struck yet; the counts stay.
     *
     * @return how many faults were waiting
     */
    public int clear() {
        int cleared;
        synchronized (waiting) {
            cleared = waiting.size();
            waiting.clear();
            empty = true;
        }
        changed.run();
        return cleared;
    }

    /** Nothing is waiting: the device behaves. */
    public boolean isEmpty() {
        return empty;
    }

    /** What still waits, oldest first. */
    public List<Active> active() {
        synchronized (waiting) {
            return waiting.stream()
                    .map(each -> new Active(each.fault, each.fault.times() - each.left))
                    .toList();
        }
    }

    /** How often each kind of fault has struck which command. */
    public FaultCounts struck() {
        return struck;
    }

    /**
     * Asks for the next command's fault and uses it up: the oldest one that concerns this command.
     *
     * @param command name of the command's type
     */
    public Optional<FaultEffect> take(String command) {
        if (empty) {
            return Optional.empty();
        }
        Optional<FaultEffect> struckNow = takeFirst(command);
        if (struckNow.isPresent()) {
            changed.run();
        }
        return struckNow;
    }

    private Optional<FaultEffect> takeFirst(String command) {
        synchronized (waiting) {
            for (Waiting each : waiting) {
                if (each.fault.concerns(command)) {
                    each.left--;
                    if (each.left == 0) {
                        waiting.remove(each);
                        empty = waiting.isEmpty();
                    }
                    struck.count(command, each.fault.effect());
                    return Optional.of(each.fault.effect());
                }
            }
            return Optional.empty();
        }
    }
}
