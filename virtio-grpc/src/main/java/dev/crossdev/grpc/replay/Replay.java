package dev.crossdev.grpc.replay;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.CaptureEntry;
import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.decode.AnswerComparison;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.GpuWire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Fresh devices, and what captures say that others of their kind were told. */
public final class Replay implements AutoCloseable {

    /** Answers that did not come, after which the rest is not waited for. */
    private static final int MAX_MISSING = 3;

    /** For a command that was never answered: long enough for a device that would. */
    private static final Duration SILENCE = Duration.ofMillis(200);

    private final List<ReplayTarget> targets;
    private final List<ReplayPlan.Step> steps;
    private final List<ReplayDevice> devices = new ArrayList<>();
    private final Duration patience;
    private final UuidPairs uuids = new UuidPairs();

    private Replay(List<ReplayTarget> targets, Duration patience) {
        this.targets = List.copyOf(targets);
        this.steps = ReplayPlan.of(this.targets);
        this.patience = patience;
    }

    /**
     * Makes the devices.
     *
     * @param targets captures of devices that worked together are replayed together, in the order of their times
     * @param patience for each answer
     * @throws ErrnoException when a service refuses one
     * @throws IllegalArgumentException when they cannot be put in order
     */
    public static Replay open(List<ReplayTarget> targets, Duration patience) {
        Replay replay = new Replay(targets, patience);
        try {
            for (ReplayTarget target : replay.targets) {
                replay.devices.add(ReplayDevice.open(target, patience));
            }
            return replay;
        } catch (RuntimeException e) {
            replay.close();
            throw e;
        }
    }

    /**
     * Sends everything and compares. To be called once.
     *
     * @throws ErrnoException when a device goes away
     */
    public ReplayReport run() {
        List<ReplayReport.Difference> differences = new ArrayList<>();
        int compared = 0;
        int missing = 0;
        for (ReplayPlan.Step step : steps) {
            ReplayDevice device = devices.get(step.device());
            ReplayTarget target = targets.get(step.device());
            switch (step.action()) {
                case ReplayPlan.Action.Write(long address, Bytes data) -> device.write(address, data);
                case ReplayPlan.Action.Submit(Exchange exchange) ->
                    device.submit(exchange, translated(target, exchange));
                case ReplayPlan.Action.Reset() -> device.reset(patience);
                case ReplayPlan.Action.Await(Exchange exchange) -> {
                    Duration wait = exchange.written().isEmpty() || missing >= MAX_MISSING ? SILENCE : patience;
                    Optional<Bytes> actual = device.await(exchange, wait);
                    missing += exchange.written().isPresent() && actual.isEmpty() ? 1 : 0;
                    compared++;
                    List<String> what = compare(target, exchange, actual);
                    if (!what.isEmpty()) {
                        differences.add(new ReplayReport.Difference(target, step.line(), exchange, what));
                    }
                }
            }
        }
        return new ReplayReport(compared, differences, remarks());
    }

    private Bytes translated(ReplayTarget target, Exchange exchange) {
        return target.kind() == DeviceKind.VIDEO ? uuids.translate(exchange.request()) : exchange.request();
    }

    private List<String> compare(ReplayTarget target, Exchange exchange, Optional<Bytes> actual) {
        List<String> what = new ArrayList<>(new AnswerComparison(target.kind()).differences(exchange, actual));
        if (what.isEmpty() && target.kind() == DeviceKind.GPU) {
            exchange.written()
                    .filter(Replay::isWholeUuid)
                    .flatMap(then -> uuids.add(uuid(then), uuid(actual.orElseThrow())))
                    .ifPresent(what::add);
        }
        return what;
    }

    private static boolean isWholeUuid(Bytes answer) {
        return answer.size() >= GpuWire.HEADER_BYTES + 16 && answer.u32(0) == GpuResult.OK_RESOURCE_UUID.number();
    }

    private static Bytes uuid(Bytes answer) {
        return answer.part(GpuWire.HEADER_BYTES, GpuWire.HEADER_BYTES + 16);
    }

    private List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        for (ReplayTarget target : targets) {
            target.capture().lines().forEach(line -> {
                if (line.entry() instanceof CaptureEntry.Dropped(long exchanges)) {
                    remarks.add(target.name() + ":" + line.number() + ": " + exchanges
                            + " exchanges are missing here, so what follows may differ");
                }
            });
        }
        return remarks;
    }

    /** Unplugs the devices. */
    @Override
    public void close() {
        devices.forEach(ReplayDevice::close);
    }
}
