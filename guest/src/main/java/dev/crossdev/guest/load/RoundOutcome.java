package dev.crossdev.guest.load;

/** How a round ended; in lower case, the tag {@code outcome} of {@code crossdev.load.rounds}. */
public enum RoundOutcome {
    /** Every frame was shown once, whole and in order. */
    OK,
    /** It came to its end, and some frame was lost, broken or out of order. */
    DAMAGED,
    /** A device refused something or did not answer in time. */
    FAILED,
    /** A service went away. */
    GONE
}
