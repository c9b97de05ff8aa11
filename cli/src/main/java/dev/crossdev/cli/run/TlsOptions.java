package dev.crossdev.cli.run;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.tls.ClientTls;
import dev.crossdev.grpc.tls.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The options with which a command proves to services who it is. The environment's variables are those of the services, so
 * that one environment does for both.
 */
public final class TlsOptions {

    /** For commands that run for weeks. */
    private static final Duration RELOAD = Duration.ofMinutes(1);

    @Option(
            names = "--tls-ca",
            paramLabel = "FILE",
            description =
                    "PEM: who signed the services' certificates. Default: $$CROSSDEV_TLS_CA; without one, no TLS.")
    private @Nullable Path ca;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "PEM: the own certificate. Default: $$CROSSDEV_TLS_CERTIFICATE.")
    private @Nullable Path certificate;

    @Option(
            names = "--tls-key",
            paramLabel = "FILE",
            description = "PEM, PKCS#8: its private key. Default: $$CROSSDEV_TLS_KEY.")
    private @Nullable Path key;

    private @Nullable Channels channels;

    /** The way to the services. */
    public Channels channels() {
        Channels made = channels;
        if (made == null) {
            // It lives as long as the process does.
            made = files().map(files -> Channels.with(ClientTls.of(files, RELOAD)))
                    .orElse(Channels.PLAIN);
            channels = made;
        }
        return made;
    }

    /** The guest as which services know the own certificate; empty without TLS, where one may be anybody. */
    public Optional<String> guest() {
        return files().map(files -> files.name().commonName());
    }

    /** Whether an option says it, and not the environment. */
    boolean areGiven() {
        return ca != null || certificate != null || key != null;
    }

    private Optional<TlsFiles> files() {
        Optional<Path> caFile = or(ca, "CROSSDEV_TLS_CA");
        Optional<Path> certificateFile = or(certificate, "CROSSDEV_TLS_CERTIFICATE");
        Optional<Path> keyFile = or(key, "CROSSDEV_TLS_KEY");
        Optional<TlsFiles> files = TlsFiles.ifAll(caFile, certificateFile, keyFile);
        if (files.isEmpty() && (caFile.isPresent() || certificateFile.isPresent() || keyFile.isPresent())) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "TLS takes three files: give --tls-ca, --tls-cert and --tls-key, or their variables, or none");
        }
        return files;
    }

    private static Optional<Path> or(@Nullable Path said, String variable) {
        return Optional.ofNullable(said)
                .or(() -> Optional.ofNullable(System.getenv(variable))
                        .filter(value -> !value.isEmpty())
                        .map(Path::of));
    }
}
