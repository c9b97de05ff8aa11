package dev.crossdev.grpc.replay;

import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.Capture;
import dev.crossdev.virtio.capture.CaptureEntry;
import dev.crossdev.virtio.capture.CaptureEntry.Exchange;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoWire;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/**
 * The steps of a replay, over all devices: a driver knew of every answer that had come before it sent a command, so each
 * answer is awaited where it came. Captures without times are taken to have had one command at a time.
 */
final class ReplayPlan {

    private ReplayPlan() {}

    /**
     * One thing to do.
     *
     * @param device index of the device
     * @param line of its capture
     * @param nanos when it was
     */
    record Step(int device, long line, long nanos, Action action) {}

    /** In the order in which they are done when they were at the same time. */
    sealed interface Action {
        record Write(long address, Bytes data) implements Action {}

        record Submit(Exchange exchange) implements Action {}

        record Await(Exchange exchange) implements Action {}

        record Reset() implements Action {}
    }

    /** @throws IllegalArgumentException when several captures have to be merged and one has no times */
    static List<Step> of(List<ReplayTarget> targets) {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            ReplayTarget target = targets.get(i);
            boolean timed = target.capture().exchanges().stream().allMatch(ReplayPlan::isTimed);
            if (!timed && targets.size() > 1) {
                throw new IllegalArgumentException(
                        target.name() + " has no times, so it cannot be replayed together with others");
            }
            steps.addAll(timed ? timed(i, target.capture()) : untimed(i, target));
        }
        steps.sort(Comparator.comparingLong(Step::nanos).thenComparingInt(step -> rank(step.action())));
        return steps;
    }

    private static boolean isTimed(Exchange exchange) {
        return exchange.detail().isPresent()
                && (exchange.detail().get().submittedNanos().isPresent()
                        || exchange.detail().get().answeredNanos().isPresent() && exchange.isEvent());
    }

    private static int rank(Action action) {
        return switch (action) {
            case Action.Write _ -> 0;
            case Action.Submit _ -> 1;
            case Action.Await _ -> 2;
            case Action.Reset _ -> 3;
        };
    }

    private static List<Step> timed(int device, Capture capture) {
        List<Step> steps = new ArrayList<>();
        for (Capture.Line line : capture.lines()) {
            switch (line.entry()) {
                case Exchange exchange -> {
                    CaptureEntry.Detail detail = exchange.detail().orElseThrow();
                    detail.submittedNanos()
                            .ifPresent(
                                    at -> steps.add(new Step(device, line.number(), at, new Action.Submit(exchange))));
                    steps.add(new Step(
                            device,
                            line.number(),
                            exchange.written().isPresent()
                                    ? detail.answeredNanos().orElse(Long.MAX_VALUE)
                                    : Long.MAX_VALUE,
                            new Action.Await(exchange)));
                }
                case CaptureEntry.MemoryWrite(long address, Bytes data, OptionalLong at) ->
                    steps.add(new Step(
                            device, line.number(), at.orElse(Long.MIN_VALUE), new Action.Write(address, data)));
                case CaptureEntry.Reset(long _, OptionalLong at) ->
                    steps.add(new Step(device, line.number(), at.orElse(Long.MAX_VALUE), new Action.Reset()));
                case CaptureEntry.ConfigChanged _, CaptureEntry.Dropped _, CaptureEntry.Unplugged _ -> {}
            }
        }
        return steps;
    }

    private static List<Step> untimed(int device, ReplayTarget target) {
        List<Step> steps = new ArrayList<>();
        long now = 0;
        for (Capture.Line line : target.capture().lines()) {
            now++;
            switch (line.entry()) {
                case Exchange exchange -> {
                    if (!exchange.isEvent()) {
                        steps.add(new Step(device, line.number(), now, new Action.Submit(exchange)));
                    }
                    boolean atEnd = exchange.written().isEmpty() || waitsForOthers(target.kind(), exchange);
                    steps.add(
                            new Step(device, line.number(), atEnd ? Long.MAX_VALUE : now, new Action.Await(exchange)));
                }
                case CaptureEntry.MemoryWrite(long address, Bytes data, OptionalLong _) ->
                    steps.add(new Step(device, line.number(), now, new Action.Write(address, data)));
                case CaptureEntry.Reset _ -> steps.add(new Step(device, line.number(), now, new Action.Reset()));
                case CaptureEntry.ConfigChanged _, CaptureEntry.Dropped _, CaptureEntry.Unplugged _ -> {}
            }
        }
        return steps;
    }

    /** A decoder's buffers come back when there is something to do with them, which later commands decide. */
    private static boolean waitsForOthers(DeviceKind kind, Exchange exchange) {
        return kind == DeviceKind.VIDEO
                && (exchange.isEvent()
                        || VideoWire.decodeCommand(exchange.request().toArray())
                                        instanceof VideoWire.Decoded.Command(VideoCommand command)
                                && (command instanceof VideoCommand.ResourceQueue
                                        || command instanceof VideoCommand.StreamDrain));
    }
}
