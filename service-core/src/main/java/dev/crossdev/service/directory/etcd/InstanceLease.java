package dev.crossdev.service.directory.etcd;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.etcd.LeaseGrantResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** This instance's lease: renewed three times in its life, and taken anew when it was lost. On a virtual thread of its own. */
final class InstanceLease implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(InstanceLease.class.getName());

    /** Between two tries while etcd does not answer. */
    private static final Duration RETRY = Duration.ofMillis(100);

    private final EtcdClient etcd;
    private final Duration length;
    private final Supplier<@Nullable HostPort> self;
    private final Consumer<HostPort> granted;
    private final Runnable renewed;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition doubted = lock.newCondition();
    /** Guarded by {@code lock}. */
    private boolean inDoubt;

    private volatile boolean closed;
    private volatile @Nullable Held held;
    /** As {@link System#nanoTime}; counted from when the renewal was asked for, so never later than etcd's own count. */
    private volatile long until;

    private boolean complained;

    /**
     * A lease, as far as is known.
     *
     * @param id etcd's
     * @param self whose it is
     */
    record Held(long id, HostPort self) {}

    /**
     * @param self null while the address is not known
     * @param granted told of each new lease, before it can be used
     * @param renewed run whenever etcd has answered
     */
    InstanceLease(
            EtcdClient etcd,
            Duration length,
            Supplier<@Nullable HostPort> self,
            Consumer<HostPort> granted,
            Runnable renewed) {
        this.etcd = etcd;
        this.length = length;
        this.self = self;
        this.granted = granted;
        this.renewed = renewed;
        thread = Thread.ofVirtual().name("directory-lease").unstarted(this::keep);
    }

    void start() {
        thread.start();
    }

    /** What entries may hang from; perhaps it is over already, which etcd will say. */
    @Nullable
    Held held() {
        return held;
    }

    /** Whether it is there beyond doubt. */
    boolean isHeld() {
        return held != null && System.nanoTime() - until < 0;
    }

    /**
     * Something written under it failed: asks etcd about it now.
     *
     * @param over etcd said that there is no such lease
     */
    void doubt(Held lease, boolean over) {
        lock.lock();
        try {
            if (over && lease.equals(held)) {
                held = null;
            }
            inDoubt = true;
            doubted.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Gives it back, which takes its entries away at once. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        Held last = held;
        held = null;
        if (last != null) {
            try {
                var _ = await(etcd.revoke(last.id()));
            } catch (ErrnoException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "lease not given back, it will end by itself: " + e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void keep() {
        try {
            while (!closed) {
                HostPort address = self.get();
                pause(address != null && beat(address) ? length.dividedBy(3) : RETRY);
            }
        } catch (InterruptedException e) {
            assert closed : "only the end interrupts";
        }
    }

    /** False when it is to be tried again soon. */
    private boolean beat(HostPort address) throws InterruptedException {
        long asked = System.nanoTime();
        try {
            Held now = held;
            if (now != null && await(etcd.keepAlive(now.id())).getTtl() <= 0) {
                LOG.log(System.Logger.Level.WARNING, "the directory's lease was lost; publishing all objects again");
                held = null;
                return false;
            }
            if (now == null) {
                LeaseGrantResponse grant = await(etcd.grant(length));
                granted.accept(address);
                until = asked + length.toNanos();
                held = new Held(grant.getId(), address);
            }
            until = asked + length.toNanos();
            if (complained) {
                LOG.log(System.Logger.Level.INFO, "the directory answers again");
                complained = false;
            }
        } catch (ErrnoException e) {
            if (!complained) {
                LOG.log(System.Logger.Level.WARNING, () -> "the directory does not answer: " + e);
                complained = true;
            }
            return false;
        }
        renewed.run();
        return true;
    }

    /** Until the next renewal, or until there is doubt; then a little longer, since what failed would fail again at once. */
    private void pause(Duration most) throws InterruptedException {
        lock.lock();
        try {
            long left = most.toNanos();
            while (!inDoubt && left > 0) {
                left = doubted.awaitNanos(left);
            }
            if (!inDoubt) {
                return;
            }
            inDoubt = false;
        } finally {
            lock.unlock();
        }
        Thread.sleep(RETRY);
    }

    private <T> T await(CompletableFuture<T> answer) throws InterruptedException {
        try {
            // The call's own deadline ends it; this is for what no call should do.
            return answer.get(etcd.timeout().multipliedBy(2).toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw Statuses.toErrno(e);
        }
    }
}
