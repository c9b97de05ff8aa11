package dev.crossdev.guest.load;

import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a load does.
 *
 * @param strategies taken in turn, one for each round
 * @param buffers output buffers of a round
 * @param roundsPerSecond begun at most; a round that takes longer delays the next one and is not caught up with
 * @param rounds after how many it ends; empty for no such end
 * @param length after how long it ends; empty for no such end
 */
public record LoadPlan(
        List<RegistrationStrategy> strategies,
        int buffers,
        double roundsPerSecond,
        OptionalLong rounds,
        Optional<Duration> length) {

    /** @throws IllegalArgumentException when a number is out of range */
    public LoadPlan {
        strategies = List.copyOf(strategies);
        if (strategies.isEmpty()) {
            throw new IllegalArgumentException("no strategy");
        }
        if (!(roundsPerSecond > 0 && roundsPerSecond <= 1_000)) {
            throw new IllegalArgumentException("more than 0 and up to 1000 rounds per second, not " + roundsPerSecond);
        }
        if (rounds.isPresent() && rounds.getAsLong() < 1) {
            throw new IllegalArgumentException("at least one round, not " + rounds.getAsLong());
        }
        // A number of buffers that no round can have is told now and not by the first round.
        var _ = parameters(strategies.getFirst(), buffers);
    }

    /** What round number {@code round}, counted from 0, runs. */
    RunParameters round(long round) {
        return parameters(strategies.get((int) (round % strategies.size())), buffers);
    }

    private static RunParameters parameters(RegistrationStrategy strategy, int buffers) {
        return new RunParameters(strategy, buffers, false, RunMode.FULL, RunParameters.InjectedTiming.NONE);
    }

    /** From one round's beginning to the next one's, nanoseconds. */
    long intervalNanos() {
        return (long) (1e9 / roundsPerSecond);
    }
}
