package dev.crossdev.cli;

import dev.crossdev.cli.launch.Home;
import dev.crossdev.cli.launch.ServiceProcess;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.cli.launch.UpFile;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.PlacementOption;
import dev.crossdev.cli.run.TraceOptions;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Both services in the foreground. */
@Command(
        name = "up",
        description = "Start gpu-service and video-service and leave them running until Ctrl-C.",
        footer = {
            "",
            "The lines that it prints are ready to paste: grpcurl for the gRPC doors, URLs for the console,",
            "health and metrics."
        })
final class UpCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(
            names = "--gpu-port",
            paramLabel = "PORT",
            description = "gRPC and console port of gpu-service; 0 takes a free one. Default: ${DEFAULT-VALUE}",
            defaultValue = "8081")
    private int gpuPort;

    @Option(
            names = "--video-port",
            paramLabel = "PORT",
            description = "gRPC and console port of video-service; 0 takes a free one. Default: ${DEFAULT-VALUE}",
            defaultValue = "8082")
    private int videoPort;

    @Mixin
    private final PlacementOption placement = new PlacementOption();

    @Mixin
    private final TraceOptions tracing = new TraceOptions();

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        out.println("Starting gpu-service and video-service …");
        out.flush();
        Services.Ports ports = new Services.Ports(gpuPort, videoPort);
        List<String> traced = tracing.serviceSettings();
        List<String> videoSettings =
                Stream.concat(traced.stream(), placement.settings().stream()).toList();
        try (Services services = Services.start(Home.folder(), ports, traced, videoSettings);
                AutoCloseable _ = UpFile.announce(services)) {
            print(out, services);
            CompletableFuture<Process> ended = CompletableFuture.anyOf(
                            services.gpu().process().onExit(),
                            services.video().process().onExit())
                    .thenApply(Process.class::cast);
            Process first = ended.join();
            boolean gpuEnded = first.pid() == services.gpu().process().pid();
            ServiceProcess dead = gpuEnded ? services.gpu() : services.video();
            throw new CommandFailure(
                    ExitCode.UNREACHABLE, dead.name() + " ended with code " + first.exitValue() + "; both are stopped");
        }
    }

    private static void print(PrintWriter out, Services services) {
        out.printf("Both ready after %d ms.%n%n", services.startupMillis());
        for (ServiceProcess service : new ServiceProcess[] {services.gpu(), services.video()}) {
            out.printf(
                    "%-13s  gRPC and console  http://%s/%n%-13s  health, metrics   http://%s/q/health  http://%s/q/metrics%n"
                            + "%-13s  pid %d, log %s%n%n",
                    service.name(),
                    service.address(),
                    "",
                    service.management(),
                    service.management(),
                    "",
                    service.ready().pid(),
                    service.log());
        }
        out.printf("Try (Ctrl-C here stops both):%n");
        out.printf("  grpcurl -plaintext %s list%n", services.gpu().address());
        out.printf(
                "  grpcurl -plaintext -d '{\"device\":\"vm0\",\"command\":{\"resource_create_2d\":{\"resource_id\":1,"
                        + "\"format\":\"PIXEL_FORMAT_B8G8R8A8_UNORM\",\"width\":640,\"height\":360}}}' \\%n"
                        + "    %s virtio.gpu.v1.GpuDevice/Execute%n",
                services.gpu().address());
        out.printf(
                "  grpcurl -plaintext -d '{\"device\":\"vm0\",\"command\":{\"resource_assign_uuid\":{\"resource_id\":1}}}' \\%n"
                        + "    %s virtio.gpu.v1.GpuDevice/Execute%n",
                services.gpu().address());
        out.printf(
                "  grpcurl -plaintext %s virtio.admin.v1.DeviceAdmin/ListDevices%n",
                services.gpu().address());
        out.flush();
    }
}
