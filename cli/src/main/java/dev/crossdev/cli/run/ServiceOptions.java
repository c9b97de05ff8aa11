package dev.crossdev.cli.run;

import dev.crossdev.cli.launch.HostAndPort;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say whose services a run uses. */
public final class ServiceOptions {

    @Option(
            names = "--gpu",
            paramLabel = "HOST:PORT",
            description = "A gpu-service that runs already; with --video. Default: both are started for the run.")
    private @Nullable HostAndPort gpu;

    @Option(
            names = "--video",
            paramLabel = "HOST:PORT",
            description = "A video-service that runs already; it must import from the gpu-service of --gpu.")
    private @Nullable HostAndPort video;

    @Mixin
    private final PlacementOption placement = new PlacementOption();

    /** The two services of a run, and their processes where they are ours. */
    public record ServicesInUse(HostAndPort gpu, HostAndPort video, Optional<Services> own) implements AutoCloseable {

        @Override
        public void close() {
            own.ifPresent(Services::close);
        }
    }

    /** Those that were named, or two of our own, started from the checkout. */
    public ServicesInUse services(Supplier<Path> home) {
        return services(home, List.of());
    }

    /**
     * As above.
     *
     * @param settings of services of our own, as {@code name=value}
     */
    public ServicesInUse services(Supplier<Path> home, List<String> settings) {
        if ((gpu == null) != (video == null)) {
            throw new CommandFailure(
                    ExitCode.USAGE, "--gpu and --video belong together: give both, or none to start both");
        }
        if (gpu != null && video != null) {
            if (placement.isGiven()) {
                throw new CommandFailure(
                        ExitCode.USAGE,
                        "--placement is for services that are started here: start the one of --video with"
                                + " -Dcrossdev.video.placement=…");
            }
            return new ServicesInUse(gpu, video, Optional.empty());
        }
        List<String> videoSettings =
                Stream.concat(settings.stream(), placement.settings().stream()).toList();
        Services own = Services.start(home.get(), Services.Ports.FREE, settings, videoSettings);
        return new ServicesInUse(own.gpu().address(), own.video().address(), Optional.of(own));
    }
}
