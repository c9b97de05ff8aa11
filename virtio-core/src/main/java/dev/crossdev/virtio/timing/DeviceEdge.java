package dev.crossdev.virtio.timing;

import dev.crossdev.virtio.Device;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The place where a device meets the transport. Here time is added and faults are injected, and here the device's own
 * times are taken: a command is received when it reaches the device, after its transit and before it queues for service,
 * and answered when the device has given its answer, before the answer's transit.
 *
 * <p>Order is kept each way, whatever times are drawn: commands reach the device as they were submitted, answers and
 * events reach the guest as the device gave them. Only a {@linkplain FaultEffect.Late late} answer is overtaken. Without
 * timing and faults every call goes straight through on the caller's thread; with timing, deliveries come from the edge's
 * own threads, and no caller waits.
 *
 * <p>After {@link #reset()} or {@link #close()} has returned, no older command reaches the device and no older answer or
 * event reaches the guest: those under way are dropped.
 *
 * @param <C> the device's commands
 * @param <R> the device's answers
 */
public final class DeviceEdge<C, R> implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DeviceEdge.class.getName());

    private final String name;
    private final Device<C, R> device;
    private final FaultyResponses<C, R> protocol;
    private final FaultPlan faults;
    private final Ticker ticker;
    private final Lane inbound;
    private final Lane service;
    private final Lane held;
    private final Lane outbound;
    private final EpochGate gate = new EpochGate();
    private final ReentrantLock resetting = new ReentrantLock();
    private volatile Runnable disconnect = () -> {};
    private volatile DeviceTiming timing;
    private volatile boolean closed;

    /**
     * @param name of the device, for the names of threads
     * @param device closed together with this edge
     * @param seed of the random latencies: the same seed and order of messages draw the same times
     */
    public DeviceEdge(
            String name,
            Device<C, R> device,
            FaultyResponses<C, R> protocol,
            DeviceTiming timing,
            FaultPlan faults,
            long seed) {
        this(name, device, protocol, timing, faults, seed, SystemTicker.INSTANCE);
    }

    DeviceEdge(
            String name,
            Device<C, R> device,
            FaultyResponses<C, R> protocol,
            DeviceTiming timing,
            FaultPlan faults,
            long seed,
            Ticker ticker) {
        this.name = name;
        this.device = device;
        this.protocol = protocol;
        this.timing = timing;
        this.faults = faults;
        this.ticker = ticker;
        SplittableRandom random = new SplittableRandom(seed);
        inbound = new Lane(name + " transit in", Lane.Pace.OVERLAPPING, ticker, random.split());
        service = new Lane(name + " service", Lane.Pace.ONE_BY_ONE, ticker, random.split());
        held = new Lane(name + " late", Lane.Pace.UNORDERED, ticker, random.split());
        outbound = new Lane(name + " transit out", Lane.Pace.OVERLAPPING, ticker, random.split());
    }

    /** The device itself, for its configuration space and whatever else its type has. */
    public Device<C, R> device() {
        return device;
    }

    public DeviceTiming timing() {
        return timing;
    }

    /** From the next message on; those under way keep the time that they drew, and the order. */
    public void timing(DeviceTiming timing) {
        this.timing = timing;
    }

    public FaultPlan faults() {
        return faults;
    }

    /**
     * Takes the next command.
     *
     * @param done called once, or not at all when a reset or a fault drops the command, or twice when a fault says so;
     *     never under a lock of the edge. A {@link CommandJourney} is also told when the device takes the command.
     */
    public void submit(C command, Consumer<? super Answered<R>> done) {
        EpochGate.Epoch epoch = gate.current();
        inbound.pass(timing.transit(), () -> receive(epoch, command, done));
    }

    /** Sends something that the device says unasked (an event, a configuration change) the way that answers go. */
    public void announce(Runnable delivery) {
        EpochGate.Epoch epoch = gate.current();
        outbound.pass(timing.transit(), () -> gate.pass(epoch, delivery));
    }

    /** What to do when a fault drops the connection; replaces what was set before. */
    public void onDisconnect(Runnable action) {
        disconnect = action;
    }

    /** Drops everything under way and resets the device. Commands submitted meanwhile are dropped too. */
    public void reset() {
        resetting.lock();
        try {
            if (!closed) {
                dropAll();
                device.reset();
                gate.begin();
            }
        } finally {
            resetting.unlock();
        }
    }

    /** Drops everything under way and closes the device. */
    @Override
    public void close() {
        resetting.lock();
        try {
            if (!closed) {
                closed = true;
                dropAll();
                inbound.close();
                service.close();
                held.close();
                outbound.close();
                device.close();
            }
        } finally {
            resetting.unlock();
        }
    }

    private void dropAll() {
        EpochGate.Epoch ended = gate.end();
        inbound.clear();
        service.clear();
        held.clear();
        outbound.clear();
        gate.awaitEmpty(ended);
    }

    private void receive(EpochGate.Epoch epoch, C command, Consumer<? super Answered<R>> done) {
        Completion completion = new Completion(epoch, command, ticker.nanoTime(), done);
        service.pass(timing.service(), () -> gate.pass(epoch, () -> visit(command, completion)));
    }

    private void visit(C command, Completion completion) {
        if (completion.done instanceof CommandJourney journey) {
            journey.atDevice(completion.receivedNanos, () -> execute(command, completion));
        } else {
            execute(command, completion);
        }
    }

    private void execute(C command, Completion completion) {
        FaultEffect effect =
                faults.isEmpty() ? null : faults.take(protocol.nameOf(command)).orElse(null);
        if (effect != null) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "device {0}: an injected fault strikes {1}: {2}",
                    name,
                    protocol.nameOf(command),
                    effect);
        }
        switch (effect) {
            case null -> completion.run(completion);
            case FaultEffect.Error(int code) -> completion.send(protocol.error(command, code));
            case FaultEffect.Late(var by) ->
                completion.run(response -> held.pass(Latency.fixed(by), () -> completion.send(response)));
            case FaultEffect.Twice _ ->
                completion.run(response -> {
                    completion.send(response);
                    completion.send(response);
                });
            case FaultEffect.OtherUuid _ ->
                completion.run(response -> completion.send(protocol.withOtherUuid(response)));
            case FaultEffect.Never _ -> {}
            case FaultEffect.Disconnect _ -> disconnect.run();
        }
    }

    /** One command's way back. */
    private final class Completion implements Consumer<R> {
        private final EpochGate.Epoch epoch;
        private final C command;
        private final long receivedNanos;
        private final Consumer<? super Answered<R>> done;
        private volatile boolean answered;

        Completion(EpochGate.Epoch epoch, C command, long receivedNanos, Consumer<? super Answered<R>> done) {
            this.epoch = epoch;
            this.command = command;
            this.receivedNanos = receivedNanos;
            this.done = done;
        }

        /** Without a fault: the device's answer goes straight out. */
        @Override
        public void accept(R response) {
            send(response);
        }

        /** A device that throws is broken, but its driver need not wait for ever. */
        void run(Consumer<? super R> whenAnswered) {
            try {
                device.submit(command, whenAnswered);
            } catch (RuntimeException broken) {
                if (answered) {
                    // Not the device but whoever took its answer, on this same thread.
                    throw broken;
                }
                LOG.log(System.Logger.Level.ERROR, "the device failed on " + protocol.nameOf(command), broken);
                send(protocol.failed(command));
            }
        }

        void send(R response) {
            answered = true;
            Answered<R> stamped = new Answered<>(response, receivedNanos, ticker.nanoTime());
            outbound.pass(timing.transit(), () -> gate.pass(epoch, () -> done.accept(stamped)));
        }
    }
}
