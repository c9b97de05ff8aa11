package dev.crossdev.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The {@code crossdev} command. */
@Command(
        name = "crossdev",
        mixinStandardHelpOptions = true,
        versionProvider = CrossdevVersion.class,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "virtio-gpu and virtio-video devices as gRPC services, and a guest that shares buffers between them by UUID.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 everything held, 1 a check failed, 2 wrong usage, 3 a service could not be reached.",
            "Start with: ./crossdev demo"
        },
        subcommands = {UpCommand.class, HelpCommand.class})
public final class Crossdev implements Runnable {

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    private Crossdev() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Crossdev())
                .setExecutionExceptionHandler((failure, commandLine, parsed) -> {
                    PrintWriter err = commandLine.getErr();
                    if (failure instanceof CommandFailure known) {
                        err.println("crossdev: " + known.getMessage());
                        return known.exitCode().number();
                    }
                    err.println("crossdev: unexpected: " + failure);
                    failure.printStackTrace(err);
                    return ExitCode.CHECK_FAILED.number();
                })
                .setParameterExceptionHandler((failure, parsed) -> {
                    CommandLine where = failure.getCommandLine();
                    where.getErr()
                            .println("crossdev: " + failure.getMessage() + " (see "
                                    + where.getCommandSpec().qualifiedName() + " --help)");
                    return ExitCode.USAGE.number();
                })
                .setCaseInsensitiveEnumValuesAllowed(true);
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Which command? See --help.");
    }
}
