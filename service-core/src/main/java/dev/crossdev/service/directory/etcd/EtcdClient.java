package dev.crossdev.service.directory.etcd;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.FirstAnswer;
import dev.crossdev.proto.etcd.KVGrpc;
import dev.crossdev.proto.etcd.LeaseGrantRequest;
import dev.crossdev.proto.etcd.LeaseGrantResponse;
import dev.crossdev.proto.etcd.LeaseGrpc;
import dev.crossdev.proto.etcd.LeaseKeepAliveRequest;
import dev.crossdev.proto.etcd.LeaseKeepAliveResponse;
import dev.crossdev.proto.etcd.LeaseRevokeRequest;
import dev.crossdev.proto.etcd.LeaseRevokeResponse;
import dev.crossdev.proto.etcd.RangeRequest;
import dev.crossdev.proto.etcd.RangeResponse;
import dev.crossdev.proto.etcd.TxnRequest;
import dev.crossdev.proto.etcd.TxnResponse;
import dev.crossdev.proto.etcd.WatchCreateRequest;
import dev.crossdev.proto.etcd.WatchGrpc;
import dev.crossdev.proto.etcd.WatchRequest;
import dev.crossdev.proto.etcd.WatchResponse;
import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * etcd's calls as futures that fail with a gRPC status. Each ends within the timeout, and a member that is not there is
 * passed over for the next one: everything asked here may be asked twice.
 */
final class EtcdClient implements AutoCloseable {

    private final List<ManagedChannel> members;
    private final Duration timeout;
    /** Of the member that is asked first. */
    private final AtomicInteger current = new AtomicInteger();

    /**
     * @param channels how the members are reached
     * @param settings of which it takes the members, and the timeout of each call, all members included
     */
    EtcdClient(Channels channels, EtcdSettings settings) {
        members = settings.endpoints().stream()
                .map(endpoint -> channels.to(endpoint.host(), endpoint.port()))
                .toList();
        this.timeout = settings.timeout();
    }

    Duration timeout() {
        return timeout;
    }

    CompletableFuture<RangeResponse> range(RangeRequest request) {
        return call(KVGrpc::newStub, (stub, answer) -> stub.range(request, answer));
    }

    CompletableFuture<TxnResponse> txn(TxnRequest request) {
        return call(KVGrpc::newStub, (stub, answer) -> stub.txn(request, answer));
    }

    CompletableFuture<LeaseGrantResponse> grant(Duration ttl) {
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTtl(ttl.toSeconds()).build();
        return call(LeaseGrpc::newStub, (stub, answer) -> stub.leaseGrant(request, answer));
    }

    CompletableFuture<LeaseRevokeResponse> revoke(long lease) {
        LeaseRevokeRequest request =
                LeaseRevokeRequest.newBuilder().setId(lease).build();
        return call(LeaseGrpc::newStub, (stub, answer) -> stub.leaseRevoke(request, answer));
    }

    /** Its TTL is 0 when there is no such lease any more. */
    CompletableFuture<LeaseKeepAliveResponse> keepAlive(long lease) {
        return call(LeaseGrpc::newStub, (stub, answer) -> {
            StreamObserver<LeaseKeepAliveRequest> requests = stub.leaseKeepAlive(answer);
            requests.onNext(LeaseKeepAliveRequest.newBuilder().setId(lease).build());
            requests.onCompleted();
        });
    }

    /**
     * Watches all keys that begin with {@code start}, until it fails or is ended.
     *
     * @return ends it
     */
    Runnable watch(ByteString start, long fromRevision, StreamObserver<WatchResponse> observer) {
        Context.CancellableContext context = Context.ROOT.withCancellation();
        context.run(() -> WatchGrpc.newStub(member(current.get()))
                .watch(observer)
                .onNext(WatchRequest.newBuilder()
                        .setCreateRequest(WatchCreateRequest.newBuilder()
                                .setKey(start)
                                .setRangeEnd(Keys.endOf(start))
                                .setStartRevision(fromRevision))
                        .build()));
        return () -> context.cancel(null);
    }

    private <S extends AbstractStub<S>, T> CompletableFuture<T> call(
            Function<ManagedChannel, S> stub, BiConsumer<S, StreamObserver<T>> call) {
        long share = timeout.toNanos() / members.size();
        return attempt(
                index -> {
                    FirstAnswer<T> answer = new FirstAnswer<>();
                    S once = stub.apply(member(index)).withDeadlineAfter(share, TimeUnit.NANOSECONDS);
                    // Not under a caller's context, which may be over before this is.
                    Context.ROOT.run(() -> call.accept(once, answer));
                    return answer.future();
                },
                members.size());
    }

    private <T> CompletableFuture<T> attempt(Function<Integer, CompletableFuture<T>> call, int attempts) {
        int index = current.get();
        return call.apply(index).exceptionallyCompose(failure -> {
            Status.Code code = Status.fromThrowable(failure).getCode();
            if (code != Status.Code.UNAVAILABLE && code != Status.Code.DEADLINE_EXCEEDED) {
                return CompletableFuture.failedFuture(failure);
            }
            current.compareAndSet(index, (index + 1) % members.size());
            return attempts > 1 ? attempt(call, attempts - 1) : CompletableFuture.failedFuture(failure);
        });
    }

    /** Somebody wants it now: no back-off of up to two minutes. */
    private ManagedChannel member(int index) {
        ManagedChannel channel = members.get(index);
        if (channel.getState(true) == ConnectivityState.TRANSIENT_FAILURE) {
            channel.resetConnectBackoff();
        }
        return channel;
    }

    @Override
    public void close() {
        members.forEach(ManagedChannel::shutdownNow);
    }
}
