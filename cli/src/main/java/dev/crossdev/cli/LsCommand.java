package dev.crossdev.cli;

import dev.crossdev.cli.admin.AdminClient;
import dev.crossdev.cli.admin.Listing;
import dev.crossdev.cli.admin.Listing.Held;
import dev.crossdev.cli.admin.ListingJson;
import dev.crossdev.cli.admin.ListingTable;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.RunningServiceOptions;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What running services hold. */
@Command(
        name = "ls",
        description = {
            "List the devices of running services and their buffers, as the kernel's dma_buf/bufinfo does: who exported,",
            "who imported, since when, and what makes a device slow or faulty right now."
        },
        footer = {
            "",
            "Example: ./crossdev ls --unattached --older-than 1m",
            "         finds what was made long ago and nobody uses."
        })
final class LsCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(names = "--guest", paramLabel = "GUEST", description = "Only this tenant's. Default: all.")
    private @Nullable String guest;

    @Option(names = "--state", paramLabel = "STATE", description = "Only buffers in this state, such as OK or none.")
    private @Nullable String state;

    @Option(names = "--unattached", description = "Only buffers that nobody has attached to.")
    private boolean unattached;

    @Option(
            names = "--older-than",
            paramLabel = "TIME",
            description = "Only buffers of at least that age, such as 90s.")
    private @Nullable Duration olderThan;

    @Option(names = "--json", description = "For programs.")
    private boolean json;

    @Mixin
    private final RunningServiceOptions services = new RunningServiceOptions();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (AdminClient gpu = new AdminClient(services.gpu());
                AdminClient video = new AdminClient(services.video())) {
            Listing all = Listing.of(gpu, video, Optional.ofNullable(guest));
            Listing listing = all.only(held -> isWanted(held, all));
            if (json) {
                out.println(ListingJson.of(listing));
            } else {
                ListingTable.of(listing).forEach(out::println);
            }
            out.flush();
        }
        return ExitCode.OK.number();
    }

    private boolean isWanted(Held held, Listing all) {
        return (state == null || state.equalsIgnoreCase(held.buffer().getState()))
                && (!unattached || held.buffer().getAttachmentsCount() == 0)
                && (olderThan == null || held.age(all.at()).compareTo(olderThan) >= 0);
    }
}
