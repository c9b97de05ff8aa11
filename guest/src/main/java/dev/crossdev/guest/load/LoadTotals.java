package dev.crossdev.guest.load;

/**
 * What a load has done until now.
 *
 * @param ok rounds in which every frame came
 * @param damaged rounds that came to their end with frames missing or broken
 * @param failed rounds in which a device refused something or did not answer
 * @param gone rounds that ended with a service
 * @param reconnects connections made again
 */
public record LoadTotals(long ok, long damaged, long failed, long gone, long reconnects) {

    /** Rounds that were begun and were not cut short by the load's end. */
    public long rounds() {
        return ok + damaged + failed + gone;
    }

    /** Whether nothing went wrong but services that went away and came back. */
    public boolean clean() {
        return damaged == 0 && failed == 0;
    }
}
