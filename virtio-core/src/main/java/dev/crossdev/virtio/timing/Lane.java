package dev.crossdev.virtio.timing;

import java.util.PriorityQueue;
import java.util.random.RandomGenerator;

/**
 * One stretch of the way of a message, on which it spends time. What need not wait and has nothing before it goes
 * straight through on the caller's thread; everything else is delivered by the lane's alarm.
 *
 * <p>Order is that of the calls to {@link #pass}, if the caller makes them one after another, whatever times are drawn
 * and however the latency changes between them.
 */
final class Lane implements AutoCloseable {

    /** How the time of one message bears on the next one's. */
    enum Pace {
        /** All wait at the same time, and none overtakes. */
        OVERLAPPING,
        /** Each begins to wait when the one before has done so. */
        ONE_BY_ONE,
        /** All wait at the same time, and the shorter wait overtakes. */
        UNORDERED
    }

    private record Waiting(long due, long sequence, Runnable delivery) {}

    private static final System.Logger LOG = System.getLogger(Lane.class.getName());

    private final Pace pace;
    private final Ticker ticker;
    private final Ticker.Alarm alarm;
    private final RandomGenerator random;

    // All guarded by this but the volatile one's reads.
    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>(Lane::order);
    private boolean closed;
    private boolean everUsed;
    private long lastDue;
    private long nextSequence;
    /** Messages that wait or are being delivered. */
    private volatile int occupied;

    Lane(String name, Pace pace, Ticker ticker, RandomGenerator random) {
        this.pace = pace;
        this.ticker = ticker;
        this.random = random;
        this.alarm = ticker.alarm(name, this::deliverDue);
    }

    /** Runs the delivery after the time that is drawn: inside this call, or later on the alarm's thread. */
    void pass(Latency latency, Runnable delivery) {
        if (occupied == 0 && latency.isZero()) {
            delivery.run();
            return;
        }
        synchronized (this) {
            if (closed) {
                return;
            }
            long due = dueAfter(latency.sampleNanos(random));
            waiting.add(new Waiting(due, nextSequence++, delivery));
            setOccupied(occupied + 1);
            if (due == waiting.element().due()) {
                alarm.at(due);
            }
        }
    }

    /** Drops what waits. A delivery that is under way goes on. */
    synchronized void clear() {
        setOccupied(occupied - waiting.size());
        waiting.clear();
        everUsed = false;
    }

    @Override
    public synchronized void close() {
        clear();
        closed = true;
        alarm.close();
    }

    private long dueAfter(long time) {
        long now = ticker.nanoTime();
        boolean behindAnother = everUsed && lastDue - now > 0;
        long due = switch (pace) {
            case OVERLAPPING -> behindAnother ? Math.max(now + time - lastDue, 0) + lastDue : now + time;
            case ONE_BY_ONE -> (behindAnother ? lastDue : now) + time;
            case UNORDERED -> now + time;
        };
        everUsed = true;
        lastDue = due;
        return due;
    }

    private void deliverDue() {
        while (true) {
            Runnable delivery;
            synchronized (this) {
                Waiting next = waiting.peek();
                if (next == null) {
                    return;
                }
                if (next.due() - ticker.nanoTime() > 0) {
                    alarm.at(next.due());
                    return;
                }
                waiting.remove();
                delivery = next.delivery();
            }
            deliver(delivery);
        }
    }

    private void deliver(Runnable delivery) {
        try {
            delivery.run();
        } catch (RuntimeException broken) {
            // There is no caller to tell, and the messages behind this one must not suffer.
            LOG.log(System.Logger.Level.ERROR, "a delivery failed", broken);
        } finally {
            synchronized (this) {
                setOccupied(occupied - 1);
            }
        }
    }

    private void setOccupied(int value) {
        occupied = value;
    }

    private static int order(Waiting left, Waiting right) {
        int byTime = Long.signum(left.due() - right.due());
        return byTime != 0 ? byTime : Long.compare(left.sequence(), right.sequence());
    }
}
