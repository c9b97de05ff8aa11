package dev.crossdev.grpc.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.Duration;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.admin.v1.Timing;
import dev.crossdev.proto.admin.v1.UniformLatency;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.FaultPlan;
import dev.crossdev.virtio.timing.Latency;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimingsTest {

    @ParameterizedTest
    @ValueSource(strings = {"0", "2ms", "500us", "1ns", "3s", "uniform:1ms..3ms", "exponential:2ms"})
    void aLatencyComesBackAsItself(String text) {
        DeviceTiming timing = new DeviceTiming(Latency.parse(text), Latency.parse("7us"));

        assertThat(Timings.fromProto(Timings.toProto(timing))).isEqualTo(timing);
        DeviceTiming swapped = new DeviceTiming(Latency.parse("7us"), Latency.parse(text));
        assertThat(Timings.fromProto(Timings.toProto(swapped))).isEqualTo(swapped);
    }

    @Test
    void absentPartsAreNone() {
        assertThat(Timings.fromProto(Timing.getDefaultInstance())).isEqualTo(DeviceTiming.NONE);
        assertThat(Timings.toProto(DeviceTiming.NONE)).isEqualTo(Timing.getDefaultInstance());
    }

    @Test
    void timesThatNoDeviceCanHaveAreRefused() {
        for (dev.crossdev.proto.admin.v1.Latency latency : new dev.crossdev.proto.admin.v1.Latency[] {
            latency().setFixed(seconds(-1)).build(),
            latency().setFixed(seconds(Long.MAX_VALUE)).build(),
            latency().setExponential(seconds(1_000_000)).build(),
            latency()
                    .setUniform(UniformLatency.newBuilder().setMin(seconds(2)).setMax(seconds(1)))
                    .build(),
        }) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> Timings.fromProto(
                            Timing.newBuilder().setTransit(latency).build()))
                    .returns(Errno.EINVAL, ErrnoException::errno);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RESOURCE_ASSIGN_UUID=error:0x1200*3",
                "RESOURCE_ASSIGN_UUID=late:50ms",
                "RESOURCE_ASSIGN_UUID=twice",
                "RESOURCE_ASSIGN_UUID=other-uuid",
                "RESOURCE_UNREF=never",
                "*=disconnect*2",
            })
    void aFaultComesBackAsItself(String text) {
        Fault fault = Fault.parse(text);

        assertThat(Timings.fromProto(Timings.toProto(fault))).isEqualTo(fault);
    }

    @Test
    void anArmedFaultSaysWhatIsLeftAndHowOftenItHit() {
        dev.crossdev.proto.admin.v1.Fault message =
                Timings.toProto(new FaultPlan.Active(Fault.parse("RESOURCE_UNREF=never*4"), 3));

        assertThat(message.getCount()).isEqualTo(4);
        assertThat(message.getHits()).isEqualTo(3);
    }

    @Test
    void noCommandMeansAnyAndNoCountMeansOne() {
        Fault fault = Timings.fromProto(dev.crossdev.proto.admin.v1.Fault.newBuilder()
                .setAnswerCode(0x1201)
                .build());

        assertThat(fault).isEqualTo(Fault.parse("*=error:0x1201"));
    }

    @Test
    void aFaultWithoutAnEffectOrWithoutSenseIsRefused() {
        for (dev.crossdev.proto.admin.v1.Fault message : new dev.crossdev.proto.admin.v1.Fault[] {
            dev.crossdev.proto.admin.v1.Fault.getDefaultInstance(),
            dev.crossdev.proto.admin.v1.Fault.newBuilder()
                    .setAnswerCode(1)
                    .setCount(-5)
                    .build(),
            dev.crossdev.proto.admin.v1.Fault.newBuilder()
                    .setAnswerLate(seconds(-1))
                    .build(),
        }) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> Timings.fromProto(message))
                    .returns(Errno.EINVAL, ErrnoException::errno);
        }
    }

    private static dev.crossdev.proto.admin.v1.Latency.Builder latency() {
        return dev.crossdev.proto.admin.v1.Latency.newBuilder();
    }

    private static Duration seconds(long seconds) {
        return Duration.newBuilder().setSeconds(seconds).build();
    }
}
