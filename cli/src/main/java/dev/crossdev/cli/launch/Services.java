package dev.crossdev.cli.launch;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Both services on this machine, started together and stopped together. */
public final class Services implements AutoCloseable {

    /** A slow machine under load takes some 10 s. */
    private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

    /** Another process may take the port that was free a moment ago. */
    private static final int START_ATTEMPTS = 3;

    private final ServiceProcess gpu;
    private final ServiceProcess video;
    private final Path runFolder;
    private final boolean makingCaches;
    private final long startupMillis;
    private final Thread hook;

    private Services(
            ServiceProcess gpu, ServiceProcess video, Path runFolder, boolean makingCaches, long startupMillis) {
        this.gpu = gpu;
        this.video = video;
        this.runFolder = runFolder;
        this.makingCaches = makingCaches;
        this.startupMillis = startupMillis;
        this.hook = new Thread(this::stop, "stop-services");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * The ports to listen on; 0 means any free one.
     *
     * @param gpu gRPC and console of gpu-service
     * @param video gRPC and console of video-service
     */
    public record Ports(int gpu, int video) {

        public static final Ports FREE = new Ports(0, 0);
    }

    /** How long the services will be needed. */
    public enum Use {
        ENDURING,
        /**
         * Some seconds, of which a start of a JVM would take most: the optimising compiler would never earn back what it
         * takes, and a {@link ClassCache} is made the first time.
         */
        BRIEF
    }

    /** Starts both and waits until both are ready. */
    public static Services start(Path home, Ports ports) {
        return start(home, ports, List.of(), List.of());
    }

    /**
     * As above.
     *
     * @param gpuSettings more settings of gpu-service, as {@code name=value}
     * @param videoSettings the same of video-service
     */
    public static Services start(Path home, Ports ports, List<String> gpuSettings, List<String> videoSettings) {
        return start(home, ports, gpuSettings, videoSettings, Use.ENDURING);
    }

    /** As above, for a use that is known. */
    public static Services start(
            Path home, Ports ports, List<String> gpuSettings, List<String> videoSettings, Use use) {
        for (int attempt = 1; ; attempt++) {
            try {
                return startOnce(home, ports, gpuSettings, videoSettings, use);
            } catch (CommandFailure e) {
                boolean lostThePort =
                        ports.gpu() == 0 && String.valueOf(e.getMessage()).contains("already bound");
                if (!lostThePort || attempt == START_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static Services startOnce(
            Path home, Ports ports, List<String> gpuSettings, List<String> videoSettings, Use use) {
        Path gpuApp = app(home, "gpu-service");
        Path videoApp = app(home, "video-service");
        Optional<ClassCache> gpuCache = cache(gpuApp, use);
        Optional<ClassCache> videoCache = cache(videoApp, use);
        boolean makingCaches = makes(gpuCache) || makes(videoCache);
        long begin = System.nanoTime();
        Path runFolder = temporaryFolder();
        // video-service must know gpu-service's port before that one is up: both start at the same time.
        int gpuPort = ports.gpu() == 0 ? freePort() : ports.gpu();
        List<String> gpuAll = new ArrayList<>(gpuSettings);
        gpuAll.add("quarkus.http.port=" + gpuPort);
        gpuAll.add("quarkus.management.port=" + (ports.gpu() == 0 ? 0 : 9081));
        ServiceProcess.Starting gpuStarting =
                ServiceProcess.start("gpu-service", gpuApp, runFolder, jvmOptions(gpuCache), gpuAll);
        ServiceProcess.Starting videoStarting = null;
        ServiceProcess gpu = null;
        try {
            List<String> videoAll = new ArrayList<>(videoSettings);
            videoAll.add("quarkus.http.port=" + ports.video());
            videoAll.add("quarkus.management.port=" + (ports.video() == 0 ? 0 : 9082));
            videoAll.add("crossdev.video.gpu-service=127.0.0.1:" + gpuPort);
            videoStarting =
                    ServiceProcess.start("video-service", videoApp, runFolder, jvmOptions(videoCache), videoAll);
            gpu = gpuStarting.await(START_TIMEOUT);
            ServiceProcess video = videoStarting.await(START_TIMEOUT);
            return new Services(gpu, video, runFolder, makingCaches, (System.nanoTime() - begin) / 1_000_000);
        } catch (RuntimeException e) {
            gpuStarting.kill();
            if (videoStarting != null) {
                videoStarting.kill();
            }
            deleteTree(runFolder);
            throw e;
        }
    }

    public ServiceProcess gpu() {
        return gpu;
    }

    public ServiceProcess video() {
        return video;
    }

    /** From the first process's start to both being ready, milliseconds. */
    public long startupMillis() {
        return startupMillis;
    }

    /** Whether stopping them takes seconds more, this once, after which the same start takes less. */
    public boolean makingCaches() {
        return makingCaches;
    }

    /** Stops both; safe to call twice. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is going down; the hook does the work.
            return;
        }
        stop();
    }

    private void stop() {
        Duration grace = makingCaches ? ClassCache.MAKING : ServiceProcess.GRACE;
        // In parallel: each may take its drain's time.
        Thread other = Thread.ofVirtual().start(() -> video.close(grace));
        gpu.close(grace);
        try {
            other.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        deleteTree(runFolder);
    }

    private static Optional<ClassCache> cache(Path app, Use use) {
        return use == Use.BRIEF ? Optional.of(ClassCache.of(app)) : Optional.empty();
    }

    private static boolean makes(Optional<ClassCache> cache) {
        return cache.isPresent() && !cache.get().isThere();
    }

    private static List<String> jvmOptions(Optional<ClassCache> cache) {
        // A JVM would size its heap by the machine: 6 GiB on one of 24 GiB.
        List<String> options = new ArrayList<>(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:MaxDirectMemorySize=64m"));
        cache.ifPresent(of -> {
            options.add("-XX:TieredStopAtLevel=1");
            options.addAll(of.jvmOptions());
        });
        return options;
    }

    private static Path app(Path home, String service) {
        Path app = home.resolve(service).resolve("target").resolve("quarkus-app");
        if (!Files.exists(app.resolve("quarkus-run.jar"))) {
            throw new CommandFailure(
                    ExitCode.USAGE, service + " is not built: run ./crossdev without --no-build, or ./mvnw package");
        }
        return app;
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("crossdev-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void deleteTree(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(
                        Path directory, @org.jspecify.annotations.Nullable IOException failure) throws IOException {
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            // A temporary folder that stays is no reason to fail a run that held.
        }
    }
}
