package dev.crossdev.cli;

import dev.crossdev.cli.admin.OneDevice;
import dev.crossdev.cli.outcome.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Unplugs a device. */
@Command(name = "rm", description = "Unplug a running device. Its driver is told, and its stream ends.")
final class RemoveCommand implements Callable<Integer> {

    @Option(names = "--allow-missing", description = "A device that is not there is no error; needs --type.")
    private boolean allowMissing;

    @Mixin
    private final OneDevice device = new OneDevice();

    @Override
    public Integer call() {
        return device.with((admin, address) -> {
            admin.delete(address, allowMissing);
            return ExitCode.OK.number();
        });
    }
}
