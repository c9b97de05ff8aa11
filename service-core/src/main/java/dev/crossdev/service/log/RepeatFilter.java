package dev.crossdev.service.log;

import io.quarkus.logging.LoggingFilter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Nobody fills the disk by making a service say the same thing a million times: of the lines of one kind (logger, level, event
 * and device) the first {@value #MOST} in {@value #SECONDS} seconds are written, and then one that says how many more there
 * were; and no more than {@value #MOST_OF_ALL} of all kinds, for devices can be given a thousand names. Stands before every
 * handler, so it holds for what libraries say, too. What is finer than INFO is there because somebody asked for it, and passes.
 */
@LoggingFilter(name = "repeats")
public final class RepeatFilter implements Filter {

    static final int MOST = 10;
    static final int MOST_OF_ALL = 500;
    static final int SECONDS = 10;

    /** More than there are devices and things to say about each on a good day. */
    private static final int MOST_KINDS = 4096;

    private static final Kind THE_REST =
            new Kind(RepeatFilter.class.getName(), org.jboss.logmanager.Level.WARN, "", "");

    /** Set while a thread says how many there were. */
    private static final ThreadLocal<Boolean> SUMMING = ThreadLocal.withInitial(() -> false);

    private final AtomicBoolean formed = new AtomicBoolean();
    private final RepeatLimiter<Kind> kinds = limiter(MOST);
    private final RepeatLimiter<Kind> all = limiter(MOST_OF_ALL);
    private final Executor later =
            CompletableFuture.delayedExecutor(SECONDS, TimeUnit.SECONDS, Thread::startVirtualThread);

    private record Kind(String logger, Level level, String event, String device) {}

    /**
     * The first thing of ours that a line meets: beans come later than the first lines do, so the form is given here.
     */
    @Override
    public boolean isLoggable(LogRecord line) {
        if (!formed.getAndSet(true)) {
            JsonLines.whereWanted();
        }
        if (line.getLevel().intValue() < Level.INFO.intValue() || SUMMING.get()) {
            return true;
        }
        return passes(kinds, kind(line)) && passes(all, THE_REST);
    }

    private boolean passes(RepeatLimiter<Kind> limiter, Kind kind) {
        RepeatLimiter.Verdict<Kind> verdict = limiter.next(kind);
        if (verdict.firstHeld()) {
            later.execute(() -> sumUp(limiter, verdict.kind()));
        }
        return verdict.passes();
    }

    private static RepeatLimiter<Kind> limiter(int most) {
        return new RepeatLimiter<>(most, TimeUnit.SECONDS.toNanos(SECONDS), MOST_KINDS, THE_REST, System::nanoTime);
    }

    private static Kind kind(LogRecord line) {
        return new Kind(
                String.valueOf(line.getLoggerName()),
                line.getLevel(),
                field(line, LogFields.EVENT),
                field(line, LogFields.DEVICE));
    }

    private static String field(LogRecord line, String name) {
        @Nullable String value = line instanceof ExtLogRecord extended ? extended.getMdc(name) : null;
        return value == null ? "" : value;
    }

    private static void sumUp(RepeatLimiter<Kind> limiter, Kind kind) {
        long held = limiter.end(kind);
        SUMMING.set(true);
        try {
            Logger.getLogger(kind.logger()).log(kind.level(), text(kind, held));
        } finally {
            SUMMING.remove();
        }
    }

    private static String text(Kind kind, long held) {
        String what = (kind.device().isEmpty() ? "" : " of device " + kind.device())
                + (kind.event().isEmpty() ? "" : ": " + kind.event());
        return "and " + held + " more" + what;
    }
}
