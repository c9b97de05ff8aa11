package dev.crossdev.video.app;

import dev.crossdev.video.objects.ImportListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** {@code virtio.object.import}: from the UUID's arrival to its memory within reach. */
final class ImportMeter implements ImportListener {

    private final MeterRegistry registry;
    private final Map<Key, Timer> timers = new ConcurrentHashMap<>();

    private record Key(Outcome outcome, String path) {}

    ImportMeter(MeterRegistry registry) {
        this.registry = registry;
        // There from the start, so that a difference can be taken before the first import.
        var _ = timer(new Key(Outcome.OK, "shm"));
    }

    @Override
    public void imported(Outcome outcome, String path, Duration took) {
        timer(new Key(outcome, path)).record(took);
    }

    private Timer timer(Key key) {
        return timers.computeIfAbsent(
                key,
                each -> Timer.builder("virtio.object.import")
                        .description("From a UUID's arrival to its memory within reach")
                        .tag("outcome", each.outcome().name().toLowerCase(Locale.ROOT))
                        .tag("path", each.path())
                        .register(registry));
    }
}
