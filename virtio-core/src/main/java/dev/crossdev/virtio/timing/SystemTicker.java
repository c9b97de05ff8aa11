package dev.crossdev.virtio.timing;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Real time. An alarm has a platform thread of its own while it has something to do: the hop through the pool of virtual
 * threads costs more than the tenth of a millisecond that the times here are meant to keep, and native code on that
 * pool's two or three threads (a decoder) would stretch them further.
 */
final class SystemTicker implements Ticker {

    static final SystemTicker INSTANCE = new SystemTicker();

    /** A thread without work waits this long for more before it ends. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private SystemTicker() {}

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Alarm alarm(String name, Runnable task) {
        return new ParkedAlarm(name, task);
    }

    private static final class ParkedAlarm implements Alarm {
        private final String name;
        private final Runnable task;

        // All guarded by this.
        private @Nullable Thread thread;
        private boolean set;
        private boolean closed;
        private long due;

        ParkedAlarm(String name, Runnable task) {
            this.name = name;
            this.task = task;
        }

        @Override
        public void at(long nanos) {
            synchronized (this) {
                if (closed) {
                    return;
                }
                due = nanos;
                set = true;
                if (thread == null) {
                    thread = Thread.ofPlatform().daemon().name(name).start(this::run);
                } else if (thread != Thread.currentThread()) {
                    LockSupport.unpark(thread);
                }
            }
        }

        @Override
        public void close() {
            synchronized (this) {
                closed = true;
                if (thread != null) {
                    LockSupport.unpark(thread);
                }
            }
        }

        private void run() {
            TimerSlack.none();
            long idleSince = System.nanoTime();
            while (true) {
                long wait;
                synchronized (this) {
                    long now = System.nanoTime();
                    wait = set ? due - now : idleSince + IDLE_NANOS - now;
                    if (closed || (!set && wait <= 0)) {
                        thread = null;
                        return;
                    }
                    if (wait <= 0) {
                        set = false;
                    }
                }
                if (wait > 0) {
                    LockSupport.parkNanos(this, wait);
                } else {
                    task.run();
                    idleSince = System.nanoTime();
                }
            }
        }
    }
}
