package dev.crossdev.cli;

import dev.crossdev.cli.launch.Home;
import dev.crossdev.cli.linux.GuestImage;
import dev.crossdev.cli.linux.LinuxRun;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A real Linux guest. */
@Command(
        name = "linux",
        description = {
            "Boot a stock Debian kernel in QEMU with gpu-service as its virtio-gpu, let it export buffers, decode into them",
            "with video-service, and show what the guest saw. Fetches the kernel the first time, some 80 MB; installs nothing."
        },
        footer = {
            "",
            "Exits 0 only if every check held. How to read it, and how to attach a machine of one's own: docs/linux-guest.md"
        })
final class LinuxCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "Where the scanout's picture, wire logs and consoles go. Default: ${DEFAULT-VALUE} of the checkout")
    private Path out = Path.of("target", "linux");

    @Option(
            names = "--buffers",
            paramLabel = "N",
            description =
                    "Buffers registered one after another for the table of round trips. Default: ${DEFAULT-VALUE}",
            defaultValue = "100")
    private int buffers;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description =
                    "Where the unpacked kernel stays, some 500 MB. Default: linux-guest in $$CROSSDEV_CACHE or ~/.cache/crossdev")
    private @Nullable Path cache;

    @Override
    public Integer call() {
        Path home = Home.folder();
        GuestImage image = GuestImage.prepare(home, Optional.ofNullable(cache).orElseGet(GuestImage::defaultCache));
        return new LinuxRun(
                        home,
                        image,
                        home.resolve(out),
                        buffers,
                        spec.commandLine().getOut())
                .run()
                .number();
    }
}
