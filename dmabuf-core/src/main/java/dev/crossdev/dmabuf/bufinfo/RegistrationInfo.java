package dev.crossdev.dmabuf.bufinfo;

import dev.crossdev.dmabuf.error.Errno;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Where the registration of a buffer's UUID stands.
 *
 * @param state INITIALIZING, OK or FAILED
 * @param uuid the device's, when OK
 * @param errno why there is none, when FAILED
 * @param cause the same in words
 * @param since when it began
 * @param settledAt when it left INITIALIZING
 * @param waiters threads and callbacks that wait for it now
 * @param asked how often somebody wanted to know, ever
 */
public record RegistrationInfo(
        State state,
        Optional<UUID> uuid,
        Optional<Errno> errno,
        Optional<String> cause,
        Instant since,
        Optional<Instant> settledAt,
        int waiters,
        int asked) {
    /** OK from its beginning. */
    public static RegistrationInfo settled(UUID uuid, Instant since, int asked) {
        return new RegistrationInfo(
                State.OK, Optional.of(uuid), Optional.empty(), Optional.empty(), since, Optional.of(since), 0, asked);
    }

    /** The same, asked that often. */
    public RegistrationInfo withAsked(int times) {
        return new RegistrationInfo(state, uuid, errno, cause, since, settledAt, waiters, times);
    }

    /** The three states, by name alone. */
    public enum State {
        INITIALIZING,
        OK,
        FAILED
    }
}
