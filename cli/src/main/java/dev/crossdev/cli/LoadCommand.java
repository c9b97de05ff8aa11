package dev.crossdev.cli;

import dev.crossdev.cli.launch.Home;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.cli.run.GuestMetrics;
import dev.crossdev.cli.run.LoadLog;
import dev.crossdev.cli.run.ServiceOptions;
import dev.crossdev.cli.run.ServiceOptions.ServicesInUse;
import dev.crossdev.cli.run.TraceOptions;
import dev.crossdev.guest.GuestConfig;
import dev.crossdev.guest.load.Load;
import dev.crossdev.guest.load.LoadPlan;
import dev.crossdev.guest.load.LoadTotals;
import dev.crossdev.guest.pipeline.Pipeline;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.media.Clip;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Something to watch. */
@Command(
        name = "load",
        description = {
            "Run an endless, bounded workload: rounds of allocate, export, import, decode and release over a clip.",
            "Services that were named with --gpu and --video are waited for and connected again when they go away."
        },
        footer = {
            "",
            "Example: ./crossdev load --rate 2 --strategy deferred,block-at-export --metrics-port 9083",
            "Ctrl-C ends it. Exit codes: 0 every round was whole, 1 one was not, 3 the services were never reached."
        })
final class LoadCommand implements Callable<Integer> {

    private static final Duration GOODBYE = Duration.ofSeconds(12);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "CLIP",
            description = "H.264, in Annex B or MP4. Default: clips/demo.mp4 of the checkout.")
    private @Nullable Path file;

    @Option(
            names = "--rate",
            paramLabel = "R",
            description = "Rounds per second, at most; may be less than 1. Default: ${DEFAULT-VALUE}",
            defaultValue = "1")
    private double rate;

    @Option(
            names = "--strategy",
            paramLabel = "STRATEGY",
            split = ",",
            description = "Of ${COMPLETION-CANDIDATES}; several, with commas, take turns. Default: ${DEFAULT-VALUE}",
            defaultValue = "deferred")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private List<RegistrationStrategy> strategies;

    @Option(
            names = "--buffers",
            paramLabel = "N",
            description = "Output buffers of a round. Default: ${DEFAULT-VALUE}",
            defaultValue = "8")
    private int buffers;

    @Option(names = "--count", paramLabel = "N", description = "End after so many rounds.")
    private @Nullable Long count;

    @Option(names = "--for", paramLabel = "TIME", description = "End after that time, such as 90s, 15m or 2h.")
    private @Nullable Duration length;

    @Option(names = "--json", description = "An object for each line, with the numbers as fields.")
    private boolean json;

    @Mixin
    private final ServiceOptions services = new ServiceOptions();

    @Mixin
    private final GuestMetrics metrics = new GuestMetrics();

    @Mixin
    private final TraceOptions tracing = new TraceOptions();

    @Override
    public Integer call() throws InterruptedException {
        LoadPlan plan = plan();
        Clip clip = ClipFile.read(file == null ? Home.folder().resolve("clips/demo.mp4") : file);
        CountDownLatch over = new CountDownLatch(1);
        try (GuestMetrics.Served served = metrics.serve();
                TraceOptions.Tracing spans = tracing.open();
                ServicesInUse inUse = services.services(Home::folder, spans.serviceSettings());
                LoadLog log = new LoadLog(spec.commandLine().getOut(), json)) {
            // Loads on the same services must not meet, and in containers all have the same process id.
            String name = "load-" + UUID.randomUUID().toString().substring(0, 8);
            GuestConfig config = inUse.guestConfig(Optional.empty(), name, Pipeline.memoryBytes(clip, buffers))
                    .withTraces(spans.traces());
            Load load = new Load(config, clip, plan, served.registry(), log);
            served.health(load::isLive, load::isReady);
            served.address().ifPresent(address -> log.say("meters at http://" + address + "/q/metrics"));
            AtomicBoolean interrupted = stopOnExit(load, over);
            Optional<CompletableFuture<String>> lost = inUse.own().map(LoadCommand::firstToEnd);
            var _ = lost.map(first -> first.thenRun(load::stop));
            LoadTotals totals = log.follow(load);
            if (!interrupted.get() && lost.isPresent() && lost.get().isDone()) {
                throw new CommandFailure(ExitCode.UNREACHABLE, lost.get().join() + " ended");
            }
            if (totals.rounds() == 0 && !log.wasConnected()) {
                throw new CommandFailure(ExitCode.UNREACHABLE, "never connected: " + log.latestTrouble());
            }
            return (totals.clean() ? ExitCode.OK : ExitCode.CHECK_FAILED).number();
        } finally {
            over.countDown();
        }
    }

    private LoadPlan plan() {
        try {
            return new LoadPlan(
                    strategies,
                    buffers,
                    rate,
                    count == null ? OptionalLong.empty() : OptionalLong.of(count),
                    Optional.ofNullable(length));
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
        }
    }

    /** Services of our own come back only with a new start; gives the name of the one that ends first. */
    private static CompletableFuture<String> firstToEnd(Services own) {
        return CompletableFuture.anyOf(
                        own.gpu().process().onExit(), own.video().process().onExit())
                .thenApply(_ -> own.gpu().process().isAlive()
                        ? own.video().name()
                        : own.gpu().name());
    }

    /** Ctrl-C: the running round lets go of what it has before the process ends. */
    private static AtomicBoolean stopOnExit(Load load, CountDownLatch over) {
        AtomicBoolean exiting = new AtomicBoolean();
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            exiting.set(true);
                            load.stop();
                            try {
                                var _ = over.await(GOODBYE.toMillis(), TimeUnit.MILLISECONDS);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        "stop-load"));
        return exiting;
    }
}
