package dev.crossdev.video.device;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What leaves the device, in one order: things are put in while the device's lock is held and carried out after it was
 * dropped, by one thread at a time, whichever comes by.
 */
final class Outbox {
    private static final Logger LOG = System.getLogger(Outbox.class.getName());

    private final Queue<Item> items = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Thread> deliverer = new AtomicReference<>();
    private final AtomicLong epoch = new AtomicLong();

    /**
     * @param epoch in which it may go out
     * @param always whether it goes out even when a reset came in between
     */
    private record Item(Runnable action, long epoch, boolean always) {}

    /** An answer or an event: dropped when a reset comes first. */
    void message(Runnable delivery) {
        items.add(new Item(delivery, epoch.get(), false));
    }

    /** Something that must be done whatever comes. */
    void action(Runnable action) {
        items.add(new Item(action, epoch.get(), true));
    }

    /** Carries out what was put in, unless another thread is at it, which then does. Never called with a lock held. */
    void deliver() {
        while (!items.isEmpty() && deliverer.compareAndSet(null, Thread.currentThread())) {
            try {
                for (Item item = items.poll(); item != null; item = items.poll()) {
                    deliver(item);
                }
            } finally {
                deliverer.set(null);
            }
        }
    }

    private void deliver(Item item) {
        if (!item.always && item.epoch != epoch.get()) {
            return;
        }
        try {
            item.action.run();
        } catch (RuntimeException e) {
            // One receiver's failure is not the next one's, and must not end a decoder's thread.
            LOG.log(Level.ERROR, "the receiver of an answer or an event failed", e);
        }
    }

    /** Begins a new epoch: messages put in before will not go out. */
    void forgetMessages() {
        epoch.incrementAndGet();
    }

    /** Waits until no message of an earlier epoch is on its way. Returns whether that came true in time. */
    boolean awaitQuiet(Duration wait) {
        long end = System.nanoTime() + wait.toNanos();
        Thread busy = deliverer.get();
        while (busy != null && busy != Thread.currentThread() && deliverer.get() == busy) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            LockSupport.parkNanos(this, 50_000);
        }
        return true;
    }
}
