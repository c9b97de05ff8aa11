package dev.crossdev.service.house;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.capture.RawBuffer;
import dev.crossdev.virtio.capture.WireForm;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Those who watch one device. While there are none, a command costs one look at an empty list: nothing is encoded and
 * nothing allocated.
 *
 * @param <C> command
 * @param <R> answer
 * @param <E> event of the device's protocol
 */
final class DeviceTaps<C, R, E> {

    /** Of guest memory, kept with one command. */
    private static final long MAX_INPUT_BYTES = 4 << 20;

    private final WireForm<C, R, E> wire;
    private final GuestMemory memory;
    private final List<Watcher<C>> watchers = new CopyOnWriteArrayList<>();

    /** Counts under the device's intake lock. */
    private long lastId;

    DeviceTaps(WireForm<C, R, E> wire, GuestMemory memory) {
        this.wire = wire;
        this.memory = memory;
    }

    /** @param inputs follows the commands; empty when memory is of no interest */
    private record Watcher<C>(TapListener listener, Optional<WireForm.InputFollower<C>> inputs) {}

    void add(TapListener listener, boolean withMemory) {
        watchers.add(new Watcher<>(listener, withMemory ? Optional.of(wire.inputs()) : Optional.empty()));
    }

    void remove(TapListener listener) {
        watchers.removeIf(watcher -> watcher.listener() == listener);
    }

    /** A command is about to be given to the device; null when nobody wants to know of its answer. */
    @Nullable
    Exchange submitted(C command, CommandOrigin origin) {
        if (watchers.isEmpty()) {
            return null;
        }
        Optional<RawBuffer> buffer = origin.buffer();
        return begin(
                origin,
                buffer.map(RawBuffer::queue).orElseGet(() -> wire.queueOf(command)),
                buffer.map(RawBuffer::readable).orElseGet(() -> Bytes.of(wire.encodeCommand(command))),
                buffer,
                watcher -> watcher.inputs().map(inputs -> read(inputs, command)).orElse(List.of()));
    }

    /** What was no command was answered before it reached the device. To be called under the intake lock. */
    void answeredAtDoor(CommandOrigin origin, R answer) {
        if (watchers.isEmpty()) {
            return;
        }
        Optional<RawBuffer> buffer = origin.buffer();
        Exchange exchange = begin(
                origin,
                buffer.map(RawBuffer::queue).orElse(0),
                buffer.map(RawBuffer::readable).orElse(Bytes.NONE),
                buffer,
                _ -> List.of());
        if (exchange != null) {
            exchange.answered(answer);
        }
    }

    private @Nullable Exchange begin(
            CommandOrigin origin,
            int queue,
            Bytes readable,
            Optional<RawBuffer> buffer,
            Function<Watcher<C>, List<TapListener.Input>> inputs) {
        long id = ++lastId;
        OptionalLong writable =
                buffer.isPresent() ? OptionalLong.of(buffer.get().writable()) : OptionalLong.empty();
        long now = System.nanoTime();
        List<TapListener> takers = new ArrayList<>(watchers.size());
        for (Watcher<C> watcher : watchers) {
            if (watcher.listener()
                    .submitted(new TapListener.Submitted(
                            id, origin.sequence(), queue, readable, writable, now, inputs.apply(watcher)))) {
                takers.add(watcher.listener());
            }
        }
        return takers.isEmpty() ? null : new Exchange(id, writable.orElse(Long.MAX_VALUE), takers);
    }

    private List<TapListener.Input> read(WireForm.InputFollower<C> follower, C command) {
        List<TapListener.Input> inputs = new ArrayList<>();
        long left = MAX_INPUT_BYTES;
        for (MemoryRegion region : follower.reads(command)) {
            left -= region.size();
            if (left < 0) {
                break;
            }
            try {
                inputs.add(new TapListener.Input(
                        region.address(), Bytes.of(memory.read(region.address(), (int) region.size()))));
            } catch (ErrnoException e) {
                // Not the guest's: the device will answer so.
            }
        }
        return inputs;
    }

    void event(E event) {
        if (!watchers.isEmpty()) {
            Bytes written = Bytes.of(wire.encodeEvent(event));
            tell(listener -> listener.event(wire.eventQueue(), written, System.nanoTime()));
        }
    }

    void configChanged(byte[] config) {
        if (!watchers.isEmpty()) {
            tell(listener -> listener.configChanged(Bytes.of(config), System.nanoTime()));
        }
    }

    void reset(long epoch) {
        tell(listener -> listener.reset(epoch, System.nanoTime()));
    }

    void unplugged(String reason) {
        tell(listener -> listener.unplugged(reason, System.nanoTime()));
        watchers.clear();
    }

    private void tell(Consumer<TapListener> what) {
        watchers.forEach(watcher -> what.accept(watcher.listener()));
    }

    /** A command on its way, for those who were told of it. */
    final class Exchange {
        private final long id;
        private final long writable;
        private final List<TapListener> takers;

        private Exchange(long id, long writable, List<TapListener> takers) {
            this.id = id;
            this.writable = writable;
            this.takers = takers;
        }

        void answered(R answer) {
            Bytes written = Bytes.of(wire.encodeAnswer(answer, writable));
            long now = System.nanoTime();
            takers.forEach(taker -> taker.answered(id, written, now));
        }
    }
}
