package dev.crossdev.service.house;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Runs what is to happen when a lease runs out, each on a virtual thread, since unplugging a device may wait for it. */
final class LeaseTimer implements AutoCloseable {

    private final ScheduledThreadPoolExecutor scheduler;

    LeaseTimer() {
        scheduler = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("device-leases").factory());
        // A lease is renewed by each single command: without this the dead timers would pile up.
        scheduler.setRemoveOnCancelPolicy(true);
    }

    Lease start(Duration length, Consumer<Lease> expired) {
        Lease lease = new Lease(length);
        lease.runsOn(scheduler.schedule(
                () -> {
                    Thread.ofVirtual().name("lease-expired").start(() -> expired.accept(lease));
                },
                length.toNanos(),
                TimeUnit.NANOSECONDS));
        return lease;
    }

    /** Nothing expires any more. */
    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
