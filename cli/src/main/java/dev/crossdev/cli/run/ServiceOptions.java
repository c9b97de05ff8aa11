package dev.crossdev.cli.run;

import dev.crossdev.cli.launch.Services;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.guest.GuestConfig;
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
            description = {
                "A gpu-service that runs already; with --video. Default: both are started for the run.",
                "Of several (HOST,HOST:PORT, or a name that means several addresses) the guest takes the one for its name."
            })
    private @Nullable HostPort gpu;

    @Option(
            names = "--video",
            paramLabel = "HOST:PORT",
            description = "A video-service that runs already; it must import from the gpu-service of --gpu.")
    private @Nullable HostPort video;

    @Mixin
    private final PlacementOption placement = new PlacementOption();

    @Mixin
    private final TlsOptions tls = new TlsOptions();

    /**
     * The two services of a run.
     *
     * @param channels the way to them
     * @param guest as which they know this command; empty where it may be any
     * @param own their processes, where they are ours
     */
    public record ServicesInUse(
            HostPort gpu, HostPort video, Channels channels, Optional<String> guest, Optional<Services> own)
            implements AutoCloseable {

        /**
         * A guest on them.
         *
         * @param said its name, if somebody said one
         * @param own otherwise: a name that nobody else has; where the certificate says the guest, the names of its devices
         *     begin with it
         */
        public GuestConfig guestConfig(Optional<String> said, String own, long memoryBytes) {
            GuestConfig config = GuestConfig.of(gpu.host(), gpu.port(), video.host(), video.port(), memoryBytes)
                    .over(channels);
            if (said.isPresent()) {
                return config.named(said.get());
            }
            return guest.map(name -> config.named(name).withDevices(own + "-vm"))
                    .orElseGet(() -> config.named(own));
        }

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
            return new ServicesInUse(gpu, video, tls.channels(), tls.guest(), Optional.empty());
        }
        if (tls.areGiven()) {
            throw new CommandFailure(ExitCode.USAGE, "--tls-ca, --tls-cert and --tls-key go with --gpu and --video");
        }
        List<String> videoSettings =
                Stream.concat(settings.stream(), placement.settings().stream()).toList();
        Services own = Services.start(home.get(), Services.Ports.FREE, settings, videoSettings);
        // They got the same environment.
        return new ServicesInUse(
                own.gpu().address(), own.video().address(), tls.channels(), tls.guest(), Optional.of(own));
    }
}
