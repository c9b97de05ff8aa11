package dev.crossdev.cli.top;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.cli.top.TopSample.OfService;
import dev.crossdev.grpc.dialect.ProtoTimes;
import dev.crossdev.proto.admin.v1.Buffer;
import dev.crossdev.proto.admin.v1.BufferRegistration;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.GuestReport;
import dev.crossdev.proto.admin.v1.ListRegistrationsResponse;
import dev.crossdev.proto.admin.v1.Registration;
import dev.crossdev.proto.admin.v1.RegistrationEvent;
import dev.crossdev.proto.admin.v1.RegistrationMoment;
import dev.crossdev.proto.admin.v1.RegistrationNumbers;
import dev.crossdev.proto.device.v1.Uuid;
import dev.crossdev.virtio.capture.DeviceKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopViewTest {

    private static final long SECOND = 1_000_000_000;
    private static final long NOW = 100 * SECOND;
    private static final int ROOM = 50;

    @Test
    void aRateIsWhatCameBetweenTheTwoLooks() {
        TopSample before = sample(0, device("vm0", 1, 100));
        TopSample now = sample(2, device("vm0", 1, 150));

        List<String> lines = TopView.of(before, now, ROOM);

        assertThat(lines).anyMatch(line -> line.startsWith("gpu-service") && line.contains("25.0 commands/s"));
        assertThat(lines).anyMatch(line -> line.startsWith("default/vm0") && line.contains("RESOURCE_FLUSH 25.0"));
    }

    @Test
    void theFirstLookHasNoRates() {
        List<String> lines = TopView.of(null, sample(0, device("vm0", 1, 100)), ROOM);

        assertThat(lines).anyMatch(line -> line.startsWith("gpu-service") && line.contains(" - commands/s"));
        assertThat(lines).noneMatch(line -> line.contains("RESOURCE_FLUSH"));
    }

    @Test
    void aDeviceThatCameAgainUnderItsNameIsCountedFromItsOwnBeginning() {
        TopSample before = sample(0, device("vm0", 1, 1000));
        TopSample now = sample(1, device("vm0", 2, 10));

        assertThat(TopView.of(before, now, ROOM))
                .anyMatch(line -> line.startsWith("default/vm0") && line.contains("RESOURCE_FLUSH 10.0"));
    }

    @Test
    void theBusiestDevicesAreShownAndTheRestIsCounted() {
        TopSample before = new TopSample(0, Map.of(), Map.of());
        Device[] devices =
                IntStream.range(0, 20).mapToObj(i -> device("vm" + i, 1, i)).toArray(Device[]::new);

        List<String> lines = TopView.of(before, sample(1, devices), 12);

        assertThat(lines).hasSizeLessThanOrEqualTo(12);
        assertThat(lines).anyMatch(line -> line.startsWith("default/vm19"));
        assertThat(lines).noneMatch(line -> line.startsWith("default/vm0 "));
        assertThat(lines.getLast()).startsWith("… and ").endsWith(" more");
    }

    @Test
    void aServiceThatDoesNotAnswerIsSaidAndTheOtherIsShown() {
        TopSample now = new TopSample(
                0,
                sample(0, device("vm0", 1, 1)).services(),
                Map.of(DeviceKind.VIDEO, new IllegalStateException("nobody answers at 127.0.0.1:8082")));

        List<String> lines = TopView.of(null, now, ROOM);

        assertThat(lines).anyMatch(line -> line.startsWith("gpu-service"));
        assertThat(lines).contains("video-service  nobody answers at 127.0.0.1:8082");
    }

    @Test
    void registrationsAreSummedUpByStrategyAndOldOnesAreLeftOut() {
        ListRegistrationsResponse registrations = ListRegistrationsResponse.newBuilder()
                .setNowNanos(NOW)
                .addRegistrations(registration("deferred", NOW - SECOND, 4, 0))
                .addRegistrations(registration("deferred", NOW - SECOND, 6, 0))
                .addRegistrations(registration("block-at-export", NOW - SECOND, 4, 4))
                .addRegistrations(registration("block-at-export", NOW - 60 * SECOND, 400, 400))
                .addRegistrations(registration("", NOW - SECOND, 0, 0).toBuilder()
                        .clearReport()
                        .clearUuid())
                .build();

        List<String> lines = RegistrationRows.of(registrations);

        assertThat(lines).hasSize(4);
        assertThat(lines.get(1).split(" {2,}"))
                .containsExactly("(not reported)", "1", "1", "-", "-", "1.00 ms", "-", "-", "-");
        assertThat(lines.get(2).split(" {2,}"))
                .containsExactly(
                        "block-at-export", "1", "0", "4.00 ms", "4.00 ms", "1.00 ms", "4.00 ms", "4.00 ms", "0%");
        assertThat(lines.get(3).split(" {2,}"))
                .containsExactly("deferred", "2", "0", "4.00 ms", "6.00 ms", "1.00 ms", "0.00 ms", "0.00 ms", "100%");
    }

    @Test
    void aBufferThatIsWaitedForIsNamed() {
        Held held = new Held(
                Buffer.newBuilder()
                        .setGuest("default")
                        .setDevice("vm0")
                        .setResourceId(7)
                        .setState("INITIALIZING")
                        .setCreatedAt(Timestamp.newBuilder().setSeconds(100))
                        .setRegistration(BufferRegistration.newBuilder().setWaiters(3))
                        .build(),
                Instant.ofEpochSecond(103));
        TopSample now = new TopSample(
                0, Map.of(DeviceKind.GPU, new OfService(List.of(), 1, 4096, List.of(held), null)), Map.of());

        assertThat(TopView.of(null, now, ROOM))
                .anyMatch(line -> line.matches("default/vm0/7 +INITIALIZING +3 +3\\.0s +-"));
    }

    private static TopSample sample(int second, Device... devices) {
        return new TopSample(
                second * SECOND,
                Map.of(DeviceKind.GPU, new OfService(List.of(devices), 0, 0, List.of(), null)),
                Map.of());
    }

    private static Device device(String name, int created, long flushes) {
        return Device.newBuilder()
                .setGuest("default")
                .setDevice(name)
                .setType("gpu")
                .setCreatedAt(Timestamp.newBuilder().setSeconds(created))
                .putCommands("RESOURCE_FLUSH", flushes)
                .build();
    }

    private static Registration registration(String strategy, long answered, int roundTrip, int blocked) {
        return Registration.newBuilder()
                .setUuid(Uuid.newBuilder())
                .addEvents(event(RegistrationMoment.REGISTRATION_MOMENT_DEVICE_RECEIVED, answered - SECOND / 1000))
                .addEvents(event(RegistrationMoment.REGISTRATION_MOMENT_DEVICE_ANSWERED, answered))
                .setReport(GuestReport.newBuilder()
                        .setStrategy(strategy)
                        .setNumbers(RegistrationNumbers.newBuilder()
                                .setRoundTrip(millis(roundTrip))
                                .setBlocked(millis(blocked))
                                .setHidden(millis(roundTrip - blocked))))
                .build();
    }

    private static RegistrationEvent event(RegistrationMoment moment, long nanos) {
        return RegistrationEvent.newBuilder().setMoment(moment).setNanos(nanos).build();
    }

    private static com.google.protobuf.Duration millis(int millis) {
        return ProtoTimes.toProto(Duration.ofMillis(millis));
    }
}
