package dev.crossdev.service.door;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.ExecuteCall;
import dev.crossdev.grpc.dialect.ExecuteCall.Operation;
import dev.crossdev.grpc.dialect.ExecuteDialect;
import dev.crossdev.grpc.dialect.Reply;
import dev.crossdev.grpc.dialect.Times;
import dev.crossdev.service.call.UnaryCall;
import dev.crossdev.service.house.BorrowedDevice;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.memory.GuestMemories;
import dev.crossdev.virtio.timing.Answered;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;

/**
 * Single commands, for people: on a device that nobody owns, which is made when it is not there and lives by its lease.
 *
 * @param <C> command
 * @param <R> answer
 * @param <E> event of the device's protocol
 * @param <Q> the request
 * @param <A> the response
 */
public final class ExecuteDoor<C, R, E, Q, A> {

    /** As the contract says. */
    private static final Duration LEASE = Duration.ofMinutes(5);

    /** For callers without a deadline: some commands are answered only when others were given. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final DeviceHouse<C, R, E> house;
    private final GuestMemories memories;
    private final ExecuteDialect<C, R, E, Q, A> dialect;

    public ExecuteDoor(DeviceHouse<C, R, E> house, GuestMemories memories, ExecuteDialect<C, R, E, Q, A> dialect) {
        this.house = house;
        this.memories = memories;
        this.dialect = dialect;
    }

    /** To be called by the service's method, with what it was given. */
    public void execute(Q request, StreamObserver<A> responses) {
        UnaryCall<A> call = UnaryCall.of(responses);
        try {
            ExecuteCall<C, R, A> wanted = dialect.decode(request);
            DeviceKey key = new DeviceKey(wanted.guest(), wanted.device());
            Duration lease = wanted.lease().orElse(LEASE);
            Optional<BorrowedDevice<C, R, E>> there = house.borrow(key, lease);
            if (there.isPresent()) {
                run(call, there.get(), wanted.operation());
            } else {
                Thread.ofVirtual().name("device-make").start(() -> makeAndRun(call, key, lease, wanted.operation()));
            }
        } catch (RuntimeException e) {
            call.fail(e);
        }
    }

    private void makeAndRun(UnaryCall<A> call, DeviceKey key, Duration lease, Operation<C, R, A> operation) {
        try {
            run(call, house.borrowOrMake(key, memories.executeWindow(), lease), operation);
        } catch (RuntimeException | Error e) {
            call.fail(e);
        }
    }

    private void run(UnaryCall<A> call, BorrowedDevice<C, R, E> device, Operation<C, R, A> operation) {
        switch (operation) {
            case Operation.Command<C, R, A>(C command, Reply<R, A> reply) ->
                call.when(device.execute(command).thenApply(answer -> answer(device, reply, answer)), PATIENCE);
            case Operation.BadCommand<C, R, A>(R answer, Reply<R, A> reply, String unused) -> {
                long now = System.nanoTime();
                call.answer(answer(device, reply, new Answered<>(answer, now, now)));
            }
            case Operation.MemoryWrite<C, R, A>(long address, ByteString data) -> {
                GuestWrites.apply(device.memory(), address, data);
                call.answer(dialect.written());
            }
            case Operation.MemoryRead<C, R, A>(long address, int length) ->
                call.answer(dialect.memory(ByteString.copyFrom(device.memory().read(address, length))));
        }
    }

    private A answer(BorrowedDevice<C, R, E> device, Reply<R, A> reply, Answered<R> answer) {
        Times times = new Times(answer.receivedNanos(), answer.answeredNanos(), BootId.local());
        return dialect.withEvents(reply.message(answer.response(), times), device.takeEvents());
    }
}
