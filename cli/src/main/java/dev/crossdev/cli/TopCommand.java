package dev.crossdev.cli;

import dev.crossdev.cli.admin.ServiceClients;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.cli.top.Top;
import dev.crossdev.virtio.capture.DeviceKind;
import java.io.Console;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Running services, live. */
@Command(
        name = "top",
        description = {
            "Show running services live: how busy each device is and with what, how the latest registrations went by",
            "strategy, and the buffers that somebody waits for or that failed. Until q or Ctrl-C."
        },
        footer = {
            "",
            "A guest tells its round trips and what it was blocked for after each of its runs; until then, or if it never",
            "does, its registrations are (not reported) and have the device's own time alone.",
            "Where the output is no terminal it is printed, as with --batch.",
            "",
            "Example: ./crossdev top --every 1s",
            "         ./crossdev top --batch --count 1"
        })
final class TopCommand implements Callable<Integer> {

    private static final Duration SHORTEST = Duration.ofMillis(100);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(names = "--guest", paramLabel = "GUEST", description = "Only this tenant's. Default: all.")
    private @Nullable String guest;

    @Option(
            names = "--every",
            paramLabel = "TIME",
            description = "From one look to the next. Default: ${DEFAULT-VALUE}",
            defaultValue = "2s")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Duration every;

    @Option(names = "--count", paramLabel = "N", description = "End after N looks.")
    private @Nullable Long count;

    @Option(names = "--batch", description = "Print one look after another instead of using the whole screen.")
    private boolean batch;

    @Mixin
    private final RunningServiceOptions services = new RunningServiceOptions();

    @Override
    public Integer call() throws InterruptedException {
        if (count != null && count < 1) {
            throw new CommandFailure(ExitCode.USAGE, "--count must be at least 1");
        }
        if (every.compareTo(SHORTEST) < 0) {
            throw new CommandFailure(ExitCode.USAGE, "--every must be at least " + SHORTEST.toMillis() + "ms");
        }
        Top top = new Top(Optional.ofNullable(guest), every, count);
        Console console = System.console();
        try (ServiceClients clients = ServiceClients.of(List.of(DeviceKind.values()), services)) {
            if (batch || console == null || !console.isTerminal()) {
                top.batch(clients, spec.commandLine().getOut());
            } else {
                top.live(clients);
            }
        }
        return ExitCode.OK.number();
    }
}
