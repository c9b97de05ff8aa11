package dev.crossdev.service.directory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.grpc.status.Statuses;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A timer of calls by how they ended: {@code ok}, {@code unknown}, {@code timeout}, {@code gone} or {@code failed}. */
final class OutcomeTimer {

    private final MeterRegistry registry;
    private final String name;
    private final String description;
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();

    OutcomeTimer(MeterRegistry registry, String name, String description) {
        this.registry = registry;
        this.name = name;
        this.description = description;
        // There from the start, so that a difference can be taken before the first call.
        var _ = timer("ok");
    }

    <T> CompletionStage<T> measure(CompletionStage<T> call) {
        long begun = System.nanoTime();
        return call.whenComplete(
                (_, failure) -> timer(outcome(failure)).record(System.nanoTime() - begun, TimeUnit.NANOSECONDS));
    }

    private static String outcome(@Nullable Throwable failure) {
        if (failure == null) {
            return "ok";
        }
        Errno errno = Statuses.toErrno(failure).errno();
        return switch (errno) {
            case ENOENT -> "unknown";
            case ETIMEDOUT -> "timeout";
            case ENODEV -> "gone";
            default -> "failed";
        };
    }

    private Timer timer(String outcome) {
        return timers.computeIfAbsent(
                outcome,
                each -> Timer.builder(name)
                        .description(description)
                        .tag("outcome", each)
                        .register(registry));
    }
}
