package dev.crossdev.service.directory.etcd;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.HostedElsewhereException;
import dev.crossdev.proto.etcd.Compare;
import dev.crossdev.proto.etcd.DeleteRangeRequest;
import dev.crossdev.proto.etcd.PutRequest;
import dev.crossdev.proto.etcd.RangeRequest;
import dev.crossdev.proto.etcd.RequestOp;
import dev.crossdev.proto.etcd.TxnRequest;
import dev.crossdev.proto.etcd.TxnResponse;
import dev.crossdev.service.directory.Publisher;
import dev.crossdev.service.house.DeviceKey;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps etcd's idea of this instance equal to its own. What is wanted is kept here; whatever differs is written, in one
 * transaction at a time: what comes meanwhile goes with the next, so that many registrations at once share a disk's round
 * trip, and two changes of one key cannot overtake each other.
 */
public final class EtcdPublisher implements Publisher {
    private static final System.Logger LOG = System.getLogger(EtcdPublisher.class.getName());

    /** etcd takes 128 operations in a transaction unless told otherwise ({@code --max-txn-ops}). */
    private static final int BATCH = 100;

    private final EtcdClient etcd;
    private final EtcdSettings settings;
    private final Keys keys;
    private final InstanceLease lease;
    private final Object lock = new Object();
    private final Map<ByteString, Entry> entries = new HashMap<>();
    private final SequencedSet<ByteString> dirty = new LinkedHashSet<>();
    private boolean writing;
    private boolean closed;
    private @Nullable Throwable lastFailure;

    private static final class Entry {
        boolean wanted;
        final List<CompletableFuture<Void>> waiting = new ArrayList<>();
    }

    /**
     * An instance's side.
     *
     * @param channels how etcd is reached: in plain text, or with TLS
     * @param self this instance's address, or null while it is not known
     */
    public EtcdPublisher(Channels channels, EtcdSettings settings, Supplier<@Nullable HostPort> self) {
        this.settings = settings;
        this.etcd = new EtcdClient(channels, settings);
        this.keys = new Keys(settings.prefix());
        this.lease = new InstanceLease(etcd, settings.lease(), self, this::granted, this::write);
        lease.start();
    }

    @Override
    public CompletableFuture<Void> publish(String guest, UUID uuid) {
        CompletableFuture<Void> durable = new CompletableFuture<>();
        ByteString key = keys.object(guest, uuid);
        synchronized (lock) {
            if (closed) {
                return CompletableFuture.failedFuture(new DeviceGoneException("the service is going away"));
            }
            Entry entry = entries.computeIfAbsent(key, _ -> new Entry());
            entry.wanted = true;
            entry.waiting.add(durable);
            dirty.add(key);
        }
        write();
        return durable.orTimeout(settings.timeout().toNanos(), TimeUnit.NANOSECONDS)
                .exceptionallyCompose(failure -> {
                    withdraw(key);
                    return CompletableFuture.failedFuture(failure instanceof TimeoutException ? notWritten() : failure);
                });
    }

    @Override
    public void withdraw(String guest, UUID uuid) {
        withdraw(keys.object(guest, uuid));
    }

    /**
     * Whoever comes first has it. An instance that was cut off for longer than its lease takes the names of its devices back
     * when it returns, since it has the devices.
     */
    @Override
    public CompletableFuture<Void> claim(DeviceKey device) {
        ByteString key = keys.device(device);
        InstanceLease.Held held = lease.held();
        if (held == null) {
            return CompletableFuture.failedFuture(
                    new DeviceGoneException("this instance has no place in the directory, so it makes no devices"));
        }
        return etcd.txn(TxnRequest.newBuilder()
                        .addCompare(Compare.newBuilder()
                                .setKey(key)
                                .setTarget(Compare.CompareTarget.CREATE)
                                .setResult(Compare.CompareResult.EQUAL)
                                .setCreateRevision(0))
                        .addSuccess(put(key, held))
                        .addFailure(RequestOp.newBuilder()
                                .setRequestRange(RangeRequest.newBuilder().setKey(key)))
                        .build())
                .handle((answer, failure) -> {
                    if (failure != null) {
                        throw new DeviceGoneException("the directory does not answer, so no device is made", failure);
                    }
                    claimed(device, key, held, answer);
                    return null;
                });
    }

    private void claimed(DeviceKey device, ByteString key, InstanceLease.Held held, TxnResponse answer) {
        if (!answer.getSucceeded()) {
            HostPort host = EtcdDirectory.address(
                    answer.getResponses(0).getResponseRange().getKvs(0).getValue());
            if (!host.equals(held.self())) {
                throw new HostedElsewhereException("device " + device + " is at " + host, host.toString());
            }
        }
        synchronized (lock) {
            entries.computeIfAbsent(key, _ -> new Entry()).wanted = true;
            // Once more in any case: the end of the last device of that name may be on its way still.
            dirty.add(key);
        }
        write();
    }

    @Override
    public void release(DeviceKey device) {
        withdraw(keys.device(device));
    }

    @Override
    public boolean holdsItsPlace() {
        return lease.isHeld();
    }

    /** Waits, a moment, for etcd to forget this instance; if it does not, the lease's end does. */
    @Override
    public void close() {
        List<CompletableFuture<Void>> waiting = new ArrayList<>();
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            entries.values().forEach(entry -> waiting.addAll(entry.waiting));
            entries.clear();
            dirty.clear();
        }
        waiting.forEach(each -> each.completeExceptionally(new DeviceGoneException("the service is going away")));
        lease.close();
        etcd.close();
    }

    private void withdraw(ByteString key) {
        List<CompletableFuture<Void>> waiting;
        synchronized (lock) {
            Entry entry = entries.get(key);
            if (entry == null || closed) {
                return;
            }
            entry.wanted = false;
            waiting = List.copyOf(entry.waiting);
            entry.waiting.clear();
            dirty.add(key);
        }
        waiting.forEach(each -> each.completeExceptionally(new ErrnoException(Errno.ENOENT, "withdrawn")));
        write();
    }

    /** A new lease holds nothing yet. */
    private void granted(HostPort self) {
        synchronized (lock) {
            entries.computeIfAbsent(keys.instance(self), _ -> new Entry()).wanted = true;
            dirty.addAll(entries.keySet());
        }
    }

    /** Writes what there is to be written, unless that is under way or there is no lease; then whoever ends that state asks again. */
    private void write() {
        Map<ByteString, Boolean> batch = new LinkedHashMap<>();
        TxnRequest.Builder transaction = TxnRequest.newBuilder();
        InstanceLease.Held held;
        synchronized (lock) {
            held = lease.held();
            if (writing || closed || held == null || dirty.isEmpty()) {
                return;
            }
            writing = true;
            for (ByteString key : List.copyOf(dirty).subList(0, Math.min(BATCH, dirty.size()))) {
                dirty.remove(key);
                Entry entry = entries.get(key);
                boolean wanted = entry != null && entry.wanted;
                batch.put(key, wanted);
                transaction.addSuccess(wanted ? put(key, held) : delete(key));
            }
        }
        var _ = etcd.txn(transaction.build()).whenComplete((_, failure) -> written(batch, held, failure));
    }

    private void written(Map<ByteString, Boolean> batch, InstanceLease.Held held, @Nullable Throwable failure) {
        List<CompletableFuture<Void>> durable = new ArrayList<>();
        synchronized (lock) {
            writing = false;
            lastFailure = failure;
            if (failure != null) {
                dirty.addAll(batch.keySet());
            } else {
                batch.forEach((key, wanted) -> {
                    Entry entry = entries.get(key);
                    // What has changed meanwhile is dirty again, and its turn comes.
                    if (entry != null && !dirty.contains(key)) {
                        durable.addAll(entry.waiting);
                        entry.waiting.clear();
                        if (!wanted) {
                            entries.remove(key);
                        }
                    }
                });
            }
        }
        if (failure == null) {
            durable.forEach(each -> each.complete(null));
            write();
        } else {
            LOG.log(System.Logger.Level.DEBUG, () -> "not written: " + failure);
            // etcd says so of a lease that is over (rpctypes, ErrGRPCLeaseNotFound).
            lease.doubt(held, Status.fromThrowable(failure).getCode() == Status.Code.NOT_FOUND);
        }
    }

    private static RequestOp put(ByteString key, InstanceLease.Held held) {
        return RequestOp.newBuilder()
                .setRequestPut(PutRequest.newBuilder()
                        .setKey(key)
                        .setValue(ByteString.copyFromUtf8(held.self().toString()))
                        .setLease(held.id()))
                .build();
    }

    private static RequestOp delete(ByteString key) {
        return RequestOp.newBuilder()
                .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key))
                .build();
    }

    private ErrnoException notWritten() {
        Throwable why;
        synchronized (lock) {
            why = lastFailure;
        }
        return new ErrnoException(
                Errno.ETIMEDOUT,
                "not in the directory within " + settings.timeout().toMillis() + " ms"
                        + (why == null ? "" : ": " + why.getMessage()),
                why);
    }
}
