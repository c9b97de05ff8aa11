package dev.crossdev.cli;

import dev.crossdev.cli.admin.DeviceEventText;
import dev.crossdev.cli.admin.DeviceEvents;
import dev.crossdev.cli.admin.DeviceEvents.Event;
import dev.crossdev.cli.admin.ServiceClients;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.virtio.capture.DeviceKind;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What happens to the devices of running services. */
@Command(
        name = "watch",
        description = {
            "Print the devices of running services, and then a line for each that comes, changes or goes: owner, lease,",
            "reset, timing, faults armed and struck, violations, and why it went. Until Ctrl-C or the services end."
        },
        footer = {
            "",
            "Example: ./crossdev watch --changes-only",
            "         ./crossdev watch --json | jq -c 'select(.event == \"removed\")'"
        })
final class WatchCommand implements Callable<Integer> {

    /** Between two looks at the clock. */
    private static final Duration TICK = Duration.ofMillis(200);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(names = "--guest", paramLabel = "GUEST", description = "Only this tenant's. Default: all.")
    private @Nullable String guest;

    @Option(names = "--type", paramLabel = "TYPE", description = "Only gpu or only video devices.")
    private @Nullable DeviceKind type;

    @Option(names = "--changes-only", description = "Not what is there at the beginning.")
    private boolean changesOnly;

    @Option(names = "--json", description = "An object for each event, one a line.")
    private boolean json;

    @Option(names = "--count", paramLabel = "N", description = "End after N lines.")
    private @Nullable Long count;

    @Option(names = "--for", paramLabel = "DURATION", description = "End after this long, such as 10s.")
    private @Nullable Duration duration;

    @Mixin
    private final RunningServiceOptions services = new RunningServiceOptions();

    @Override
    public Integer call() {
        if (count != null && count < 1) {
            throw new CommandFailure(ExitCode.USAGE, "--count must be at least 1");
        }
        List<DeviceKind> kinds = type == null ? List.of(DeviceKind.values()) : List.of(type);
        try (ServiceClients clients = ServiceClients.of(kinds, services)) {
            print(
                    DeviceEvents.of(clients, Optional.ofNullable(guest)),
                    spec.commandLine().getOut());
        }
        return ExitCode.OK.number();
    }

    private void print(DeviceEvents events, PrintWriter out) {
        DeviceEventText text = new DeviceEventText(json);
        Set<DeviceKind> synced = EnumSet.noneOf(DeviceKind.class);
        long start = System.nanoTime();
        long lines = 0;
        while ((count == null || lines < count) && !isOver(start)) {
            Event event = events.next(TICK).orElse(null);
            if (event == null) {
                continue;
            }
            if (event.what() == null) {
                throw event.end() != null
                        ? event.end()
                        : new CommandFailure(ExitCode.UNREACHABLE, event.kind().typeName() + "-service tells no more");
            }
            Optional<String> line = text.line(event.at(), event.kind(), event.what());
            boolean wanted = !changesOnly || synced.contains(event.kind());
            if (event.what().hasSynchronized()) {
                synced.add(event.kind());
            }
            if (wanted && line.isPresent()) {
                out.println(line.get());
                out.flush();
                lines++;
            }
        }
    }

    private boolean isOver(long start) {
        return Thread.currentThread().isInterrupted()
                || duration != null && System.nanoTime() - start >= duration.toNanos();
    }
}
