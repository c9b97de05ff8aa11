package dev.crossdev.cli;

import dev.crossdev.cli.admin.FaultText;
import dev.crossdev.cli.admin.Targets;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.timing.Fault;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Breaks running devices on purpose. */
@Command(
        name = "fault",
        description = {
            "Arm faults on running devices; ./crossdev ls shows them, and how often each has hit, while they last.",
            "A fault is COMMAND=EFFECT[*N], for the next N commands of that type (once if not said; * is any command):",
            "  error:CODE   answers that result, by number or name, instead of doing anything",
            "  late:TIME    answers that much later; later answers overtake it",
            "  twice        answers twice",
            "  other-uuid   answers with a UUID that names nothing",
            "  never        never answers",
            "  disconnect   drops the connection"
        },
        footer = {
            "",
            "Example: ./crossdev fault RESOURCE_ASSIGN_UUID=error:ERR_OUT_OF_MEMORY*3",
            "         ./crossdev fault --type video RESOURCE_QUEUE=late:50ms",
            "         ./crossdev fault --clear"
        })
final class FaultCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "FAULT", description = "What goes wrong.")
    private List<String> texts = List.of();

    @Option(names = "--clear", description = "Disarm what is armed.")
    private boolean clear;

    @Mixin
    private final Targets targets = new Targets();

    @Override
    public Integer call() {
        if (clear != texts.isEmpty()) {
            throw new CommandFailure(
                    ExitCode.USAGE, "say a fault such as RESOURCE_ASSIGN_UUID=never, or --clear (see --help)");
        }
        if (clear) {
            AtomicInteger cleared = new AtomicInteger();
            targets.each(List.of(DeviceKind.values()), admin -> cleared.addAndGet(admin.clearFaults(targets.device())));
            spec.commandLine().getOut().println("Cleared " + cleared + ".");
            spec.commandLine().getOut().flush();
            return ExitCode.OK.number();
        }
        List<Fault> faults = texts.stream().map(FaultCommand::parse).toList();
        for (Fault fault : faults) {
            targets.each(FaultText.kinds(fault), admin -> admin.inject(targets.device(), fault));
        }
        return ExitCode.OK.number();
    }

    private static Fault parse(String text) {
        try {
            return FaultText.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
        }
    }
}
