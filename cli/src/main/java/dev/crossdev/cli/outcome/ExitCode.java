package dev.crossdev.cli.outcome;

/** What the command's exit code means. */
public enum ExitCode {
    /** Everything held. */
    OK(0),
    /** A check failed: a wrong frame, a missing answer, an order that must not be. */
    CHECK_FAILED(1),
    /** Wrong usage: an unknown option, an unreadable clip. */
    USAGE(2),
    /** A service could not be reached, or went away. */
    UNREACHABLE(3);

    private final int number;

    ExitCode(int number) {
        this.number = number;
    }

    /** What the shell sees. */
    public int number() {
        return number;
    }
}
