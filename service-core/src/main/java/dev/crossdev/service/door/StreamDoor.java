package dev.crossdev.service.door;

import dev.crossdev.grpc.dialect.ServerDialect;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.memory.GuestMemories;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/**
 * A bidirectional stream that owns a device: the typed command stream or the raw one, as its dialect has it.
 *
 * @param <C> command
 * @param <R> answer
 * @param <E> event of the device's protocol
 * @param <Q> the message that comes
 * @param <A> the message that goes
 */
public final class StreamDoor<C, R, E, Q, A> {

    private final DeviceHouse<C, R, E> house;
    private final GuestMemories memories;
    private final DoorLimits limits;
    private final Supplier<? extends ServerDialect<C, R, E, Q, A>> dialects;

    /**
     * @param dialects a dialect for each stream; one that keeps nothing may be the same for all
     */
    public StreamDoor(
            DeviceHouse<C, R, E> house,
            GuestMemories memories,
            DoorLimits limits,
            Supplier<? extends ServerDialect<C, R, E, Q, A>> dialects) {
        this.house = house;
        this.memories = memories;
        this.limits = limits;
        this.dialects = dialects;
    }

    /** To be called by the service's method, with what it was given. */
    public StreamObserver<Q> connect(StreamObserver<A> responses) {
        return DeviceStream.begin(house, memories, limits, dialects.get(), (ServerCallStreamObserver<A>) responses);
    }
}
