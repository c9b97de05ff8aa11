package dev.crossdev.service.console;

import dev.crossdev.service.house.DeviceView;
import dev.crossdev.service.house.Knobs;
import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Latency;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A device, for the page.
 *
 * @param leaseEndsAt milliseconds of the epoch; 0 when a stream owns it
 * @param createdAt milliseconds of the epoch
 */
record DeviceRow(
        String guest,
        String device,
        long epoch,
        boolean connected,
        long leaseEndsAt,
        long createdAt,
        Map<String, Long> commands,
        int resources,
        long bytes,
        Injected injected,
        Map<String, Long> faultHits,
        Map<String, Long> violations) {

    /**
     * Timing and faults that are on, in the words in which they are set; empty words for none.
     *
     * @param hits how often each of the faults has struck
     */
    record Injected(String transit, String service, List<String> faults, List<Integer> hits) {

        static Injected toCome(Knobs knobs) {
            DeviceTiming timing = knobs.timingToCome();
            List<String> faults =
                    knobs.faultsToCome().stream().map(Object::toString).toList();
            return new Injected(
                    words(timing.transit()),
                    words(timing.service()),
                    faults,
                    faults.stream().map(_ -> 0).toList());
        }

        private static Injected of(DeviceView view) {
            return new Injected(
                    words(view.timing().transit()),
                    words(view.timing().service()),
                    view.faults().stream()
                            .map(active -> active.fault().toString())
                            .toList(),
                    view.faults().stream().map(active -> active.hits()).toList());
        }

        private static String words(Latency latency) {
            return latency.isZero() ? "" : latency.toString();
        }
    }

    static DeviceRow of(DeviceView view) {
        return new DeviceRow(
                view.key().guest(),
                view.key().device(),
                view.epoch(),
                view.connected(),
                view.leaseEndsAt().map(Instant::toEpochMilli).orElse(0L),
                view.createdAt().toEpochMilli(),
                view.commands(),
                view.usage().resources(),
                view.usage().resourceBytes(),
                Injected.of(view),
                view.faultHits(),
                view.violations());
    }
}
