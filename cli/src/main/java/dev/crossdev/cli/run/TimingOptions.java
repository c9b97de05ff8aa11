package dev.crossdev.cli.run;

import dev.crossdev.virtio.timing.DeviceTiming;
import dev.crossdev.virtio.timing.Latency;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that make devices slow. */
public final class TimingOptions {

    @Option(
            names = "--transit",
            paramLabel = "TIME",
            description = {
                "Latency added to every command and every answer, at both devices, such as 500us or 2ms;",
                "uniform:1ms..3ms and exponential:2ms are random. Overlaps, like a bus. Default: none."
            })
    private @Nullable Latency transit;

    @Option(
            names = "--service-time",
            paramLabel = "TIME",
            description = "Time that both devices take for each command, one after another. Default: none.")
    private @Nullable Latency service;

    @Option(names = "--gpu-transit", paramLabel = "TIME", description = "The same for the gpu device alone.")
    private @Nullable Latency gpuTransit;

    @Option(names = "--video-transit", paramLabel = "TIME", description = "The same for the video device alone.")
    private @Nullable Latency videoTransit;

    @Option(names = "--gpu-service-time", paramLabel = "TIME", description = "The same for the gpu device alone.")
    private @Nullable Latency gpuService;

    @Option(names = "--video-service-time", paramLabel = "TIME", description = "The same for the video device alone.")
    private @Nullable Latency videoService;

    /** What was asked for; an option for one device goes before the one for both. Empty when nothing was. */
    public Optional<DevicePair> timing() {
        boolean asked = Stream.of(transit, service, gpuTransit, videoTransit, gpuService, videoService)
                .anyMatch(Objects::nonNull);
        return asked
                ? Optional.of(new DevicePair(
                        new DeviceTiming(first(gpuTransit, transit), first(gpuService, service)),
                        new DeviceTiming(first(videoTransit, transit), first(videoService, service))))
                : Optional.empty();
    }

    private static Latency first(@Nullable Latency own, @Nullable Latency both) {
        return own != null ? own : both != null ? both : Latency.ZERO;
    }
}
