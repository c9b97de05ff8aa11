package dev.crossdev.guest.load;

/** Told of what goes wrong, and that it is over. Called on the load's own thread. */
public interface LoadListener {

    /** A round did not come to a good end; the next one follows. */
    void roundFailed(RoundOutcome outcome, String why);

    /** A service cannot be reached; it is tried again after a pause. Called for each attempt. */
    void unreachable(String why);

    /** Both services are connected, the first time or again. */
    void connected();
}
