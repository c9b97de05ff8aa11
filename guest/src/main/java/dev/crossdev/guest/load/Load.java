package dev.crossdev.guest.load;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.Guest;
import dev.crossdev.guest.GuestConfig;
import dev.crossdev.guest.metrics.GuestMeters;
import dev.crossdev.guest.pipeline.Pipeline;
import dev.crossdev.guest.pipeline.RunResult;
import dev.crossdev.media.Clip;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Runs a {@link LoadPlan} until its end or until it is stopped. One thread runs it, any may stop it and look at it. */
public final class Load {

    /** While it pauses for longer it says so once in a while, or a probe would take it for stuck. */
    private static final Duration BEAT = Duration.ofSeconds(1);

    /** The longest time without a beat that is no trouble: a round's waits and one more. */
    private static final int PATIENCES = 3;

    private final GuestConfig config;
    private final Clip clip;
    private final LoadPlan plan;
    private final LoadListener listener;
    private final GuestMeters guestMeters;
    private final LoadMeters meters;
    private final Backoff backoff = new Backoff(RandomGenerator.getDefault());
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile long lastBeat = System.nanoTime();
    private volatile @Nullable RoundOutcome latest;

    /**
     * @param config where the services are; its memory must hold a round, see {@link Pipeline#memoryBytes}
     * @param registry gets the meters of the guest and of the load
     */
    public Load(GuestConfig config, Clip clip, LoadPlan plan, MeterRegistry registry, LoadListener listener) {
        this.config = config;
        this.clip = clip;
        this.plan = plan;
        this.listener = listener;
        this.guestMeters = new GuestMeters(registry);
        this.meters = new LoadMeters(registry);
    }

    /**
     * Runs until the plan's end or {@link #stop}. A service that is not there, from the start or later, is waited for.
     *
     * @return what was done
     * @throws InterruptedException when the thread is interrupted in a pause
     */
    public LoadTotals run() throws InterruptedException {
        long start = System.nanoTime();
        long end = start + plan.length().map(Duration::toNanos).orElse(Long.MAX_VALUE / 2);
        long round = 0;
        boolean again = false;
        while (!isOver(round, end)) {
            beat();
            try (Guest guest = Guest.connect(config, guestMeters)) {
                meters.connected(true);
                listener.connected();
                if (again) {
                    meters.reconnected();
                }
                again = true;
                round = rounds(new Pipeline(guest, clip, guestMeters), round, end);
            } catch (ErrnoException e) {
                listener.unreachable(String.valueOf(e.getMessage()));
            } finally {
                meters.connected(false);
            }
            if (!isOver(round, end)) {
                pause(Math.min(System.nanoTime() + backoff.next().toNanos(), end));
            }
        }
        return totals();
    }

    /** Ends the load soon: a round that runs is cut short at its next frame. Returns at once. */
    public void stop() {
        stopping.countDown();
    }

    /** What was done until now. */
    public LoadTotals totals() {
        return new LoadTotals(
                meters.rounds(RoundOutcome.OK),
                meters.rounds(RoundOutcome.DAMAGED),
                meters.rounds(RoundOutcome.FAILED),
                meters.rounds(RoundOutcome.GONE),
                meters.reconnects());
    }

    /** Whether both services are connected and the latest round, if there was one, came to a good end. */
    public boolean isReady() {
        RoundOutcome outcome = latest;
        return meters.isConnected() && (outcome == null || outcome == RoundOutcome.OK);
    }

    /** Whether it goes on at all: no wait of it is longer than it may be. */
    public boolean isLive() {
        return System.nanoTime() - lastBeat
                < config.patience().multipliedBy(PATIENCES).toNanos();
    }

    /** Until a service goes away or the load is over; returns the number of the next round. */
    private long rounds(Pipeline pipeline, long first, long end) throws InterruptedException {
        long round = first;
        long due = System.nanoTime();
        while (!isOver(round, end)) {
            RoundOutcome outcome = round(pipeline, round);
            if (isStopped()) {
                return round;
            }
            latest = outcome;
            meters.ended(outcome);
            round++;
            if (outcome == RoundOutcome.GONE) {
                return round;
            }
            backoff.reset();
            due = Math.max(due + plan.intervalNanos(), System.nanoTime());
            if (!isOver(round, end)) {
                pause(Math.min(due, end));
            }
        }
        return round;
    }

    private RoundOutcome round(Pipeline pipeline, long round) {
        beat();
        try {
            RunResult result = pipeline.run(plan.round(round), frame -> {
                beat();
                if (isStopped()) {
                    throw new CancellationException("stopped");
                }
            });
            if (result.faults().isEmpty()) {
                return RoundOutcome.OK;
            }
            listener.roundFailed(RoundOutcome.DAMAGED, String.join("; ", result.faults()));
            return RoundOutcome.DAMAGED;
        } catch (CancellationException e) {
            // By us, above: the round counts neither way.
            return RoundOutcome.OK;
        } catch (ErrnoException e) {
            RoundOutcome outcome = e instanceof DeviceGoneException ? RoundOutcome.GONE : RoundOutcome.FAILED;
            if (!isStopped()) {
                listener.roundFailed(outcome, String.valueOf(e.getMessage()));
            }
            return outcome;
        }
    }

    private void pause(long until) throws InterruptedException {
        for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
            beat();
            if (stopping.await(Math.min(left, BEAT.toNanos()), TimeUnit.NANOSECONDS)) {
                return;
            }
        }
    }

    private boolean isOver(long round, long end) {
        return isStopped()
                || System.nanoTime() - end >= 0
                || plan.rounds().isPresent() && round >= plan.rounds().getAsLong();
    }

    private boolean isStopped() {
        return stopping.getCount() == 0;
    }

    private void beat() {
        lastBeat = System.nanoTime();
    }
}
