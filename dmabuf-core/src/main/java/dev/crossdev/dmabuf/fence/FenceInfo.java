package dev.crossdev.dmabuf.fence;

import dev.crossdev.dmabuf.error.Errno;
import java.time.Duration;
import java.util.Optional;

/**
 * A fence as a listing shows it, at one moment.
 *
 * @param usage its class in the reservation
 * @param owner who is at work, for people: a timeline's name, or who holds a word of the fence table
 * @param sequence its number on that timeline; 0 in the fence table, which has none
 * @param signalled whether it is done
 * @param error with which it signalled
 * @param left until its deadline, at which it signals by itself; zero when it has signalled
 */
public record FenceInfo(
        Usage usage, String owner, long sequence, boolean signalled, Optional<Errno> error, Duration left) {}
