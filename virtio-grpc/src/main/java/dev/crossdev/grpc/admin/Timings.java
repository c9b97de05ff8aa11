package dev.crossdev.grpc.admin;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.AnswerOtherUuid;
import dev.crossdev.proto.admin.v1.AnswerTwice;
import dev.crossdev.proto.admin.v1.DropConnection;
import dev.crossdev.proto.admin.v1.NeverAnswer;
import dev.crossdev.proto.admin.v1.Timing;
import dev.crossdev.proto.admin.v1.UniformLatency;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.FaultEffect;
import dev.crossdev.virtio.timing.FaultPlan;
import dev.crossdev.virtio.timing.Latency;
import java.util.function.Supplier;

/** {@code virtio.admin.v1.Timing} and {@code Fault} as records and back. */
public final class Timings {

    private Timings() {}

    public static Timing toProto(DeviceTiming timing) {
        Timing.Builder message = Timing.newBuilder();
        if (!timing.transit().isZero()) {
            message.setTransit(latency(timing.transit()));
        }
        if (!timing.service().isZero()) {
            message.setService(latency(timing.service()));
        }
        return message.build();
    }

    /** @throws ErrnoException EINVAL for times that no device can have */
    public static DeviceTiming fromProto(Timing message) {
        return checked(() -> new DeviceTiming(latencyOf(message.getTransit()), latencyOf(message.getService())));
    }

    private static dev.crossdev.proto.admin.v1.Latency latency(Latency latency) {
        dev.crossdev.proto.admin.v1.Latency.Builder message = dev.crossdev.proto.admin.v1.Latency.newBuilder();
        switch (latency) {
            case Latency.Fixed(java.time.Duration time) -> message.setFixed(ProtoTimes.toProto(time));
            case Latency.Uniform(java.time.Duration min, java.time.Duration max) ->
                message.setUniform(UniformLatency.newBuilder()
                        .setMin(ProtoTimes.toProto(min))
                        .setMax(ProtoTimes.toProto(max)));
            case Latency.Exponential(java.time.Duration mean) -> message.setExponential(ProtoTimes.toProto(mean));
        }
        return message.build();
    }

    private static Latency latencyOf(dev.crossdev.proto.admin.v1.Latency message) {
        return switch (message.getLatencyCase()) {
            case FIXED -> new Latency.Fixed(ProtoTimes.fromProto(message.getFixed()));
            case UNIFORM ->
                new Latency.Uniform(
                        ProtoTimes.fromProto(message.getUniform().getMin()),
                        ProtoTimes.fromProto(message.getUniform().getMax()));
            case EXPONENTIAL -> new Latency.Exponential(ProtoTimes.fromProto(message.getExponential()));
            case LATENCY_NOT_SET -> Latency.ZERO;
        };
    }

    /** With the number of commands that it has hit; the count is what is left. */
    public static dev.crossdev.proto.admin.v1.Fault toProto(FaultPlan.Active active) {
        return toProto(active.fault()).toBuilder().setHits(active.hits()).build();
    }

    public static dev.crossdev.proto.admin.v1.Fault toProto(Fault fault) {
        dev.crossdev.proto.admin.v1.Fault.Builder message = dev.crossdev.proto.admin.v1.Fault.newBuilder()
                .setCommand(fault.command().equals(Fault.ANY) ? "" : fault.command())
                .setCount(fault.times());
        switch (fault.effect()) {
            case FaultEffect.Error(int code) -> message.setAnswerCode(code);
            case FaultEffect.Late(java.time.Duration by) -> message.setAnswerLate(ProtoTimes.toProto(by));
            case FaultEffect.Twice() -> message.setAnswerTwice(AnswerTwice.getDefaultInstance());
            case FaultEffect.OtherUuid() -> message.setAnswerOtherUuid(AnswerOtherUuid.getDefaultInstance());
            case FaultEffect.Never() -> message.setNeverAnswer(NeverAnswer.getDefaultInstance());
            case FaultEffect.Disconnect() -> message.setDropConnection(DropConnection.getDefaultInstance());
        }
        return message.build();
    }

    /** @throws ErrnoException EINVAL for one without an effect, and for numbers that make no sense */
    public static Fault fromProto(dev.crossdev.proto.admin.v1.Fault message) {
        return checked(() -> new Fault(
                message.getCommand().isBlank() ? Fault.ANY : message.getCommand(),
                effectOf(message),
                message.getCount() == 0 ? 1 : message.getCount()));
    }

    private static FaultEffect effectOf(dev.crossdev.proto.admin.v1.Fault message) {
        return switch (message.getFaultCase()) {
            case ANSWER_CODE -> new FaultEffect.Error(message.getAnswerCode());
            case ANSWER_LATE -> new FaultEffect.Late(ProtoTimes.fromProto(message.getAnswerLate()));
            case ANSWER_TWICE -> new FaultEffect.Twice();
            case ANSWER_OTHER_UUID -> new FaultEffect.OtherUuid();
            case NEVER_ANSWER -> new FaultEffect.Never();
            case DROP_CONNECTION -> new FaultEffect.Disconnect();
            case FAULT_NOT_SET -> throw new IllegalArgumentException("a fault without an effect");
        };
    }

    /** The records check themselves; what they refuse is the caller's mistake. */
    private static <T> T checked(Supplier<T> record) {
        try {
            return record.get();
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new ErrnoException(Errno.EINVAL, String.valueOf(e.getMessage()), e);
        }
    }
}
