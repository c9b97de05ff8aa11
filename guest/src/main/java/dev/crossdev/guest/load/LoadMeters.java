package dev.crossdev.guest.load;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/** {@code crossdev.load.rounds}, {@code crossdev.load.reconnects} and {@code crossdev.load.connected}. */
final class LoadMeters {

    private final Map<RoundOutcome, Counter> rounds = new EnumMap<>(RoundOutcome.class);
    private final Counter reconnects;
    private final AtomicBoolean connected = new AtomicBoolean();

    LoadMeters(MeterRegistry registry) {
        for (RoundOutcome outcome : RoundOutcome.values()) {
            rounds.put(
                    outcome,
                    Counter.builder("crossdev.load.rounds")
                            .description("rounds of allocate, export, import, decode and release")
                            .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        reconnects = Counter.builder("crossdev.load.reconnects")
                .description("connections that were made again after a service had gone away")
                .register(registry);
        Gauge.builder("crossdev.load.connected", connected, each -> each.get() ? 1 : 0)
                .description("1 while both services are connected")
                .register(registry);
    }

    void ended(RoundOutcome outcome) {
        counter(outcome).increment();
    }

    void connected(boolean now) {
        connected.set(now);
    }

    boolean isConnected() {
        return connected.get();
    }

    void reconnected() {
        reconnects.increment();
    }

    /** How many rounds ended so. */
    long rounds(RoundOutcome outcome) {
        return (long) counter(outcome).count();
    }

    long reconnects() {
        return (long) reconnects.count();
    }

    private Counter counter(RoundOutcome outcome) {
        return Objects.requireNonNull(rounds.get(outcome));
    }
}
