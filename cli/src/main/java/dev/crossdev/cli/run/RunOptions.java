package dev.crossdev.cli.run;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.pipeline.RunParameters;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import picocli.CommandLine.Option;

/** The options that say what one run does. */
public final class RunOptions {

    @Option(
            names = "--strategy",
            paramLabel = "STRATEGY",
            description = "One of ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}",
            defaultValue = "deferred")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RegistrationStrategy strategy;

    @Option(
            names = "--buffers",
            paramLabel = "N",
            description = "Output buffers. Default: ${DEFAULT-VALUE}",
            defaultValue = "16")
    private int buffers;

    @Option(names = "--batch", description = "Allocate all buffers before exporting any.")
    private boolean batch;

    @Option(
            names = "--blob",
            description = {
                "Decode into blobs of the guest's own memory instead of 2D resources with a host copy;",
                "their registration is sent at creation, whatever the strategy, as Linux does."
            })
    private boolean blobs;

    /** @throws CommandFailure when there can be no such run */
    public RunParameters parameters(RunMode mode, DevicePair latency) {
        try {
            return new RunParameters(strategy, buffers, batch, blobs, mode, latency.injected());
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, "--buffers: " + e.getMessage(), e);
        }
    }
}
