package dev.crossdev.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.DeviceRemoved;
import dev.crossdev.proto.admin.v1.DevicesSynchronized;
import dev.crossdev.proto.admin.v1.WatchDevicesResponse;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.Latency;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DeviceEventTextTest {

    private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678Z");

    private final DeviceEventText text = new DeviceEventText(false);
    private final Device device = Device.newBuilder()
            .setGuest("default")
            .setDevice("vm0")
            .setType("gpu")
            .setEpoch(1)
            .setConnected(true)
            .build();

    @Test
    void aLineSaysWhatChangedSinceTheLastOne() {
        assertThat(line(created(device)))
                .isEqualTo("2026-01-02T03:04:05.678Z gpu default/vm0 created: owner stream, epoch 1");
        Device slow = device.toBuilder()
                .setTiming(Timings.toProto(new DeviceTiming(Latency.fixed(Duration.ofMillis(2)), Latency.ZERO)))
                .addFaults(Timings.toProto(Fault.parse("RESOURCE_ASSIGN_UUID=never*3")))
                .build();
        assertThat(line(changed(slow)))
                .endsWith("default/vm0 timing transit=2ms; faults armed: RESOURCE_ASSIGN_UUID=never*3");
        Device reset = device.toBuilder()
                .setEpoch(2)
                .putViolations("repeated-answer", 1)
                .build();
        assertThat(line(changed(reset)))
                .endsWith("default/vm0 reset: epoch 2; timing off; no faults armed; "
                        + "violation: repeated-answer (1 so far)");
        assertThat(line(removed())).isEqualTo("2026-01-02T03:04:05.678Z gpu default/vm0 removed: its stream ended");
    }

    @Test
    void aChangeOfNumbersAloneIsNoLine() {
        line(created(device));
        assertThat(text.line(
                        AT,
                        DeviceKind.GPU,
                        changed(device.toBuilder().setResources(3).build())))
                .isEmpty();
    }

    @Test
    void aDeviceOfTheSameNameAtTheOtherServiceIsAnother() {
        line(created(device));
        Device video = device.toBuilder().setType("video").setEpoch(7).build();
        assertThat(text.line(AT, DeviceKind.VIDEO, created(video)))
                .hasValueSatisfying(line ->
                        assertThat(line).contains(" video default/vm0 created").contains("epoch 7"));
        assertThat(text.line(AT, DeviceKind.GPU, changed(device))).isEmpty();
    }

    @Test
    void theMarkBetweenWhatWasThereAndWhatComesIsALineToo() {
        assertThat(line(WatchDevicesResponse.newBuilder()
                        .setSynchronized(DevicesSynchronized.getDefaultInstance())
                        .build()))
                .isEqualTo("2026-01-02T03:04:05.678Z gpu what was there is told");
    }

    @Test
    void theJsonNamesTheEventAndTheDevice() throws Exception {
        DeviceEventText json = new DeviceEventText(true);
        JsonNode created = new ObjectMapper()
                .readTree(json.line(AT, DeviceKind.GPU, created(device)).orElseThrow());
        assertThat(created.get("event").asText()).isEqualTo("created");
        assertThat(created.get("device").asText()).isEqualTo("vm0");
        JsonNode removed = new ObjectMapper()
                .readTree(json.line(AT, DeviceKind.GPU, removed()).orElseThrow());
        assertThat(removed.get("event").asText()).isEqualTo("removed");
        assertThat(removed.get("reason").asText()).isEqualTo("its stream ended");
    }

    private String line(WatchDevicesResponse event) {
        return text.line(AT, DeviceKind.GPU, event).orElseThrow();
    }

    private static WatchDevicesResponse created(Device device) {
        return WatchDevicesResponse.newBuilder().setCreated(device).build();
    }

    private static WatchDevicesResponse changed(Device device) {
        return WatchDevicesResponse.newBuilder().setChanged(device).build();
    }

    private static WatchDevicesResponse removed() {
        return WatchDevicesResponse.newBuilder()
                .setRemoved(DeviceRemoved.newBuilder()
                        .setGuest("default")
                        .setDevice("vm0")
                        .setReason("its stream ended"))
                .build();
    }
}
