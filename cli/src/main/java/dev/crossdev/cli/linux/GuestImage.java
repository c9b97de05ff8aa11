package dev.crossdev.cli.linux;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What a guest boots.
 *
 * @param kernel Debian's, unchanged
 * @param initramfs ours
 * @param release the kernel's, as {@code uname -r} says it
 */
public record GuestImage(Path kernel, Path initramfs, String release) {

    /** Fetching 80 MB over a slow line included. */
    private static final long BUILD_MINUTES = 15;

    /** Program, and the Debian package that has it. */
    private static final Map<String, String> PROGRAMS = new LinkedHashMap<>();

    static {
        PROGRAMS.put("qemu-system-x86_64", "qemu-system-x86");
        PROGRAMS.put("busybox", "busybox-static");
        PROGRAMS.put("gcc", "gcc");
        PROGRAMS.put("make", "make");
        PROGRAMS.put("cpio", "cpio");
        PROGRAMS.put("xz", "xz-utils");
    }

    /**
     * Fetches and builds what is not there yet.
     *
     * @param home the checkout
     * @param cache where it stays, some 400 MB
     * @throws CommandFailure naming the packages that are missing, or what went wrong
     */
    public static GuestImage prepare(Path home, Path cache) {
        requireDebian();
        requirePrograms();
        Path script = home.resolve("linux-guest").resolve("build.sh");
        Path said = temporaryFile();
        try {
            Process process = new ProcessBuilder(script.toString(), cache.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .redirectOutput(said.toFile())
                    .start();
            process.getOutputStream().close();
            if (!process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new CommandFailure(
                        ExitCode.USAGE, script + " took more than " + BUILD_MINUTES + " minutes; see " + cache);
            }
            List<String> words = Arrays.asList(
                    Files.readString(said, StandardCharsets.UTF_8).strip().split(" ", -1));
            if (process.exitValue() != 0 || words.size() != 3) {
                throw new CommandFailure(ExitCode.USAGE, "the guest could not be built; the lines above say why");
            }
            return new GuestImage(Path.of(words.get(0)), Path.of(words.get(1)), words.get(2));
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "cannot run " + script + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(ExitCode.USAGE, "interrupted while the guest was built", e);
        } finally {
            delete(said);
        }
    }

    /** {@code CROSSDEV_CACHE}, or {@code crossdev} where the user's caches are. */
    public static Path defaultCache() {
        String named = System.getenv("CROSSDEV_CACHE");
        if (named != null) {
            return Path.of(named, "linux-guest");
        }
        String caches = System.getenv("XDG_CACHE_HOME");
        Path base = caches != null ? Path.of(caches) : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("crossdev").resolve("linux-guest");
    }

    private static void requireDebian() {
        if (!System.getProperty("os.arch").equals("amd64")) {
            throw new CommandFailure(ExitCode.USAGE, "the guest is an amd64 kernel: this needs an x86-64 machine");
        }
        if (!isOnPath("apt-get") || !isOnPath("dpkg")) {
            throw new CommandFailure(ExitCode.USAGE, "the guest's kernel is Debian's: this needs a Debian machine");
        }
    }

    private static void requirePrograms() {
        Set<String> packages = new LinkedHashSet<>();
        PROGRAMS.forEach((program, name) -> {
            if (!isOnPath(program)) {
                packages.add(name);
            }
        });
        // What -static links; gcc alone does not bring it.
        if (!Files.exists(Path.of("/usr/lib/x86_64-linux-gnu/libc.a"))) {
            packages.add("libc6-dev");
        }
        if (!packages.isEmpty()) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "missing; fix: apt-get install --no-install-recommends " + String.join(" ", packages));
        }
    }

    private static boolean isOnPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
        return Arrays.stream(path.split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static Path temporaryFile() {
        try {
            return Files.createTempFile("crossdev-linux", ".txt");
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "no temporary file: " + e.getMessage(), e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // A temporary file that stays is no reason to fail.
        }
    }
}
