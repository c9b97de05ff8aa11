package dev.crossdev.guest.pipeline;

import dev.crossdev.guest.strategy.RegistrationStrategy;

/**
 * What tells one run from another.
 *
 * @param strategy where buffers are registered and who waits
 * @param buffers output buffers, 1 to {@value #MOST_BUFFERS}
 * @param batch whether all buffers are allocated before the first is exported
 * @param blobs whether buffers are blobs of the guest's own memory (RESOURCE_CREATE_BLOB), or 2D resources with a host copy
 * @param mode how far the run goes
 * @param timing what was injected at the devices before the run; the run itself sets none
 */
public record RunParameters(
        RegistrationStrategy strategy, int buffers, boolean batch, boolean blobs, RunMode mode, InjectedTiming timing) {

    /** Beyond what any media stack asks for. */
    public static final int MOST_BUFFERS = 1000;

    /** @throws IllegalArgumentException when the number of buffers is out of range */
    public RunParameters {
        if (buffers < 1 || buffers > MOST_BUFFERS) {
            throw new IllegalArgumentException("1 to " + MOST_BUFFERS + " buffers, not " + buffers);
        }
    }

    /** A run with 2D resources. */
    public RunParameters(
            RegistrationStrategy strategy, int buffers, boolean batch, RunMode mode, InjectedTiming timing) {
        this(strategy, buffers, batch, false, mode, timing);
    }

    /** The same run, going as far as {@code other} says. */
    public RunParameters withMode(RunMode other) {
        return new RunParameters(strategy, buffers, batch, blobs, other, timing);
    }

    /**
     * Latency injected at the devices, as the report names it; of a random latency its mean.
     *
     * @param gpuTransitMicros one way, microseconds
     * @param videoTransitMicros one way, microseconds
     * @param serviceMicros of each command, microseconds
     */
    public record InjectedTiming(long gpuTransitMicros, long videoTransitMicros, long serviceMicros) {

        /** Devices as fast as they can. */
        public static final InjectedTiming NONE = new InjectedTiming(0, 0, 0);
    }
}
