package dev.crossdev.cli;

import dev.crossdev.cli.launch.CrossdevVersion;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.virtio.timing.Latency;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.OptionSpec;

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
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            PlayCommand.class,
            CompareCommand.class,
            TraceCommand.class,
            LoadCommand.class,
            LinuxCommand.class,
            LsCommand.class,
            TopCommand.class,
            WatchCommand.class,
            TimingCommand.class,
            FaultCommand.class,
            DisplayCommand.class,
            ResetCommand.class,
            RemoveCommand.class,
            TapCommand.class,
            DecodeCommand.class,
            ReplayCommand.class,
            HelpCommand.class
        })
public final class Crossdev implements Runnable {

    /** Held, because the log manager forgets a logger and its level when nobody does. */
    private static final Logger GRPC_LOG = Logger.getLogger("io.grpc");

    private static final Pattern DURATION = Pattern.compile("(\\d{1,6})(ms|s|m|h)");

    @CommandLine.Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandLine.Model.CommandSpec spec;

    private Crossdev() {}

    public static void main(String[] arguments) {
        // What gRPC thinks of its transports is no concern of the person who typed the command.
        GRPC_LOG.setLevel(Level.WARNING);
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        CommandLine crossdev = new CommandLine(new Crossdev());
        crossdev.getSubcommands().values().stream()
                .map(CommandLine::getCommandSpec)
                .filter(command -> command.findOption("--help") == null)
                .forEach(command -> command.addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Show this help message and exit.")
                        .build()));
        return crossdev.setExecutionExceptionHandler((failure, commandLine, parsed) -> {
                    PrintWriter err = commandLine.getErr();
                    if (failure instanceof CommandFailure known) {
                        err.println("crossdev: " + known.getMessage());
                        return known.exitCode().number();
                    }
                    if (failure instanceof DeviceGoneException
                            || failure instanceof ErrnoException timeout && timeout.errno() == Errno.ETIMEDOUT) {
                        err.println("crossdev: " + failure.getMessage());
                        return ExitCode.UNREACHABLE.number();
                    }
                    if (failure instanceof ErrnoException refused) {
                        err.println("crossdev: " + refused.getMessage());
                        return ExitCode.CHECK_FAILED.number();
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
                .registerConverter(Latency.class, Crossdev::latency)
                .registerConverter(Duration.class, Crossdev::duration)
                .registerConverter(HostPort.class, Crossdev::hostAndPort)
                .registerConverter(DeviceAddress.class, Crossdev::deviceAddress)
                .registerConverter(RegistrationStrategy.class, Crossdev::strategy)
                .setCaseInsensitiveEnumValuesAllowed(true);
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Which command? See --help.");
    }

    private static Latency latency(String text) {
        try {
            return Latency.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(e.getMessage());
        }
    }

    /** A number and its unit, as {@link Latency} has it, and minutes and hours besides. */
    private static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new CommandLine.TypeConversionException("'" + text + "' is no time such as 500ms, 90s, 15m or 2h");
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }

    private static HostPort hostAndPort(String text) {
        try {
            return HostPort.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(e.getMessage());
        }
    }

    private static DeviceAddress deviceAddress(String text) {
        try {
            return DeviceAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(e.getMessage());
        }
    }

    private static RegistrationStrategy strategy(String text) {
        return RegistrationStrategy.named(text)
                .orElseThrow(() -> new CommandLine.TypeConversionException("'" + text + "' is none of "
                        + Arrays.stream(RegistrationStrategy.values())
                                .map(RegistrationStrategy::toString)
                                .collect(Collectors.joining(", "))));
    }
}
