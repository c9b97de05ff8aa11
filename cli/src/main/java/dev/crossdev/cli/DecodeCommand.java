package dev.crossdev.cli;

import dev.crossdev.cli.wire.CapturePrinter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A wire log by field and name. */
@Command(
        name = "decode",
        description = "Print a wire log by field and name. Needs no service.",
        footer = {"", "Example: ./crossdev decode gpu.wire", "The format: docs/wire-log.md"})
final class DecodeCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "A wire log; - is the standard input.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String file;

    @Option(names = "--json", description = "One JSON object a line: the header, then each line of the log.")
    private boolean json;

    @Override
    public Integer call() {
        CapturePrinter.print(file, json, spec.commandLine().getOut());
        return 0;
    }
}
