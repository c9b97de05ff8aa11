package dev.crossdev.service.registration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.RegistrationAnswer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RegistrationLogTest {

    private static final DeviceKey VM0 = new DeviceKey("default", "vm0");

    private final RegistrationLog log = new RegistrationLog(() -> 9_000);
    private final UUID uuid = UUID.randomUUID();

    @Test
    void whatDeviceImporterAndGuestKnowOfAUuidIsOneRegistration() {
        log.answered(VM0, answer(1, uuid), 1_000, 1_100);
        log.attached("default", uuid, "video-service/vm0");
        log.reported(VM0, "deferred", true, List.of(notes(1, uuid, 900, 1_200)));

        Registration only = only();
        assertThat(only.moments())
                .containsEntry(Moment.SENT, 900L)
                .containsEntry(Moment.DEVICE_RECEIVED, 1_000L)
                .containsEntry(Moment.DEVICE_ANSWERED, 1_100L)
                .containsEntry(Moment.HANDLED, 1_200L);
        assertThat(only.importers()).hasSize(1);
        assertThat(only.report()).hasValueSatisfying(report -> {
            assertThat(report.strategy()).isEqualTo("deferred");
            assertThat(report.estimated()).isFalse();
        });
    }

    @Test
    void anotherMachinesClockIsPlacedAroundTheDevicesTimes() {
        log.answered(VM0, answer(1, uuid), 1_000, 1_100);
        log.reported(VM0, "deferred", false, List.of(notes(1, uuid, 500_000, 500_300)));

        Map<Moment, Long> moments = only().moments();
        assertThat(moments.get(Moment.SENT)).isEqualTo(900);
        assertThat(moments.get(Moment.HANDLED)).isEqualTo(1_200);
        assertThat(only().report().orElseThrow().estimated()).isTrue();
    }

    @Test
    void anotherGuestsUuidIsAnothersBusiness() {
        log.answered(VM0, answer(1, uuid), 1_000, 1_100);
        log.attached("other", uuid, "video-service/vm0");
        log.reported(new DeviceKey("other", "vm0"), "deferred", true, List.of(notes(1, uuid, 900, 1_200)));

        assertThat(log.list(Optional.of("default"))).singleElement().satisfies(ours -> {
            assertThat(ours.importers()).isEmpty();
            assertThat(ours.report()).isEmpty();
        });
    }

    @Test
    void askingAgainIsNoOtherRegistration() {
        log.answered(VM0, answer(1, uuid), 1_000, 1_100);
        log.answered(VM0, answer(1, uuid), 2_000, 2_100);
        assertThat(only().moments()).containsEntry(Moment.DEVICE_RECEIVED, 1_000L);
    }

    @Test
    void aFailureIsFoundByItsResource() {
        log.answered(VM0, new RegistrationAnswer(7, Optional.empty(), "ERR_UNSPEC"), 1_000, 1_100);
        log.reported(
                VM0,
                "deferred",
                true,
                List.of(new GuestNotes(
                        0,
                        7,
                        Optional.empty(),
                        Map.of(Moment.SENT, 900L),
                        List.of(),
                        Optional.empty(),
                        Duration.ZERO,
                        Optional.empty())));
        assertThat(only().result()).isEqualTo("ERR_UNSPEC");
        assertThat(only().report()).isPresent();
    }

    @Test
    void whoHasSeenSomeIsToldOnlyTheRest() {
        log.answered(VM0, answer(1, uuid), 1_000, 1_100);
        long seen = log.version();
        assertThat(log.changedSince(seen)).isEmpty();
        log.answered(VM0, answer(2, UUID.randomUUID()), 1_000, 1_100);
        log.attached("default", uuid, "video-service");
        assertThat(log.changedSince(seen)).hasSize(2);
        assertThat(log.changedSince(0)).hasSize(2);
    }

    @Test
    void onlyTheLatestAreKept() {
        for (int i = 0; i < 5_000; i++) {
            log.answered(VM0, answer(i, UUID.randomUUID()), i, i);
        }
        List<Registration> kept = log.list(Optional.empty());
        assertThat(kept).hasSize(1024);
        assertThat(kept.getLast().resourceId()).isEqualTo(4_999);
    }

    private Registration only() {
        List<Registration> all = log.list(Optional.empty());
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    private static RegistrationAnswer answer(int resource, UUID uuid) {
        return new RegistrationAnswer(resource, Optional.of(uuid), "OK_RESOURCE_UUID");
    }

    private static GuestNotes notes(int resource, UUID uuid, long sent, long handled) {
        return new GuestNotes(
                0,
                resource,
                Optional.of(uuid),
                Map.of(Moment.SENT, sent, Moment.HANDLED, handled),
                List.of(),
                Optional.of(Duration.ofNanos(handled - sent)),
                Duration.ZERO,
                Optional.of(Duration.ofNanos(handled - sent)));
    }
}
