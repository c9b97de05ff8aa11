package dev.crossdev.cli;

import dev.crossdev.cli.admin.AdminClient;
import dev.crossdev.cli.admin.OneDevice;
import dev.crossdev.cli.outcome.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Resets a device. */
@Command(
        name = "reset",
        description = "Reset a running device: no resources, no UUIDs, a new epoch. Its driver is told.")
final class ResetCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Mixin
    private final OneDevice device = new OneDevice();

    @Override
    public Integer call() {
        long epoch = device.with(AdminClient::reset);
        spec.commandLine().getOut().println(device + " is in epoch " + Long.toUnsignedString(epoch) + ".");
        spec.commandLine().getOut().flush();
        return ExitCode.OK.number();
    }
}
