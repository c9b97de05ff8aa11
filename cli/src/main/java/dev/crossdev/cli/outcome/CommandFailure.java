package dev.crossdev.cli.outcome;

import org.jspecify.annotations.Nullable;

/** Ends a command with one line for the person who typed it. The line says what to do. */
public final class CommandFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;

    public CommandFailure(ExitCode exitCode, String line) {
        this(exitCode, line, null);
    }

    public CommandFailure(ExitCode exitCode, String line, @Nullable Throwable cause) {
        super(line, cause);
        this.exitCode = exitCode;
    }

    public ExitCode exitCode() {
        return exitCode;
    }
}
