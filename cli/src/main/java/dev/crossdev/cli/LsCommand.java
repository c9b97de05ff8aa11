package dev.crossdev.cli;

import dev.crossdev.cli.admin.BufferFilters;
import dev.crossdev.cli.admin.Listing;
import dev.crossdev.cli.admin.ListingJson;
import dev.crossdev.cli.admin.ListingTable;
import dev.crossdev.cli.admin.ServiceClients;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.RunningServiceOptions;
import dev.crossdev.dmabuf.bufinfo.BufinfoText;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
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
            "who imported, since when, who is at work on them, and what makes a device slow or faulty right now."
        },
        footer = {
            "",
            "Example: ./crossdev ls --unattached --older-than 1m",
            "         finds what was made long ago and nobody uses.",
            "         ./crossdev ls --never-asked",
            "         finds what was registered and no importer ever wanted."
        })
final class LsCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Mixin
    private final BufferFilters filters = new BufferFilters();

    @ArgGroup
    private final Form form = new Form();

    @Mixin
    private final RunningServiceOptions services = new RunningServiceOptions();

    /** One way to say it. */
    static final class Form {
        @Option(names = "--by-holder", description = "Who holds how much, instead of each buffer.")
        private boolean byHolder;

        @Option(names = "--json", description = "Devices, buffers and holders, for programs.")
        private boolean json;

        @Option(names = "--csv", description = "A line for each buffer and holder, for a spreadsheet.")
        private boolean csv;

        @Option(names = "--text", description = "The buffers as the kernel's bufinfo has them, parted by tabs; stable.")
        private boolean text;
    }

    @Override
    public Integer call() {
        try (ServiceClients clients = ServiceClients.of(filters.kinds(), services)) {
            print(Listing.of(clients.all(), filters), spec.commandLine().getOut());
        }
        return ExitCode.OK.number();
    }

    private void print(Listing listing, PrintWriter out) {
        if (form.json) {
            out.println(ListingJson.of(listing));
        } else if (form.csv) {
            out.print(BufinfoText.csv(listing.bufinfo()));
        } else if (form.text) {
            out.print(BufinfoText.of(listing.bufinfo()));
        } else if (form.byHolder) {
            ListingTable.byHolder(listing).forEach(out::println);
        } else {
            ListingTable.of(listing).forEach(out::println);
        }
        out.flush();
    }
}
