package dev.crossdev.cli.run;

import dev.crossdev.cli.launch.UpFile;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Which running services a command talks to: those that are named, or else those of a running {@code ./crossdev up}, or else
 * the ports that {@code up} takes by default.
 */
public final class RunningServiceOptions {

    private static final HostPort DEFAULT_GPU = new HostPort("127.0.0.1", 8081);
    private static final HostPort DEFAULT_VIDEO = new HostPort("127.0.0.1", 8082);

    @Option(
            names = "--gpu",
            paramLabel = "HOST:PORT",
            description = "Where gpu-service is. Default: that of the running ./crossdev up, or 127.0.0.1:8081")
    private @Nullable HostPort gpu;

    @Option(
            names = "--video",
            paramLabel = "HOST:PORT",
            description = "Where video-service is. Default: that of the running ./crossdev up, or 127.0.0.1:8082")
    private @Nullable HostPort video;

    @Mixin
    private final TlsOptions tls = new TlsOptions();

    /** The way there. */
    public Channels channels() {
        return tls.channels();
    }

    /** The guest as which the services know this command; empty where it may be any. */
    public Optional<String> guest() {
        return tls.guest();
    }

    /** Where gpu-service is. */
    public HostPort gpu() {
        if (gpu != null) {
            return gpu;
        }
        UpFile up = up();
        return up == null ? DEFAULT_GPU : HostPort.parse(up.gpu());
    }

    /** Where video-service is. */
    public HostPort video() {
        if (video != null) {
            return video;
        }
        UpFile up = up();
        return up == null ? DEFAULT_VIDEO : HostPort.parse(up.video());
    }

    /** Whether gpu-service was named and video-service was not. */
    public boolean onlyGpuNamed() {
        return gpu != null && video == null;
    }

    /** Whether video-service was named and gpu-service was not. */
    public boolean onlyVideoNamed() {
        return video != null && gpu == null;
    }

    private static @Nullable UpFile up() {
        List<UpFile> running = UpFile.running();
        if (running.size() > 1) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "there are " + running.size()
                            + " running ./crossdev up: say which with --gpu and --video, such as --gpu "
                            + running.getFirst().gpu() + " --video "
                            + running.getFirst().video());
        }
        return running.isEmpty() ? null : running.getFirst();
    }
}
