package dev.crossdev.cli.linux;

import dev.crossdev.cli.launch.Services;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.run.ClipFile;
import dev.crossdev.media.Clip;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The whole of {@code crossdev linux}: services, both boots, and what it all means. */
public final class LinuxRun {

    /** Services of its own on the loopback: what the environment says of TLS is for others. */
    private static final List<String> PLAIN_TEXT =
            List.of("crossdev.tls.certificate=", "crossdev.tls.key=", "crossdev.tls.ca=");

    private final Path home;
    private final GuestImage image;
    private final Path out;
    private final int buffers;
    private final PrintWriter print;

    /**
     * @param home the checkout
     * @param out where pictures and logs go
     * @param buffers registered one after another for the table
     */
    public LinuxRun(Path home, GuestImage image, Path out, int buffers, PrintWriter print) {
        this.home = home;
        this.image = image;
        this.out = out;
        this.buffers = buffers;
        this.print = print;
    }

    /** CHECK_FAILED when one of them does not hold. */
    public ExitCode run() {
        long begun = System.nanoTime();
        Clip clip = ClipFile.read(home.resolve("clips").resolve("demo.mp4"));
        Checks checks = new Checks(print);
        Path sockets = sockets();
        GuestPlace dumb = GuestPlace.in(sockets, "vm0", LinuxSession.WITHOUT_BLOBS);
        GuestPlace blob = GuestPlace.in(sockets, "vm1");
        List<String> settings = new ArrayList<>(dumb.settings());
        settings.addAll(blob.settings());
        settings.addAll(PLAIN_TEXT);
        settings.add("crossdev.gpu.displays=" + clip.info().width() + "x"
                + clip.info().height());
        checks.say("Debian's kernel " + image.release() + ", unchanged, in QEMU (TCG); its virtio-gpu is gpu-service");
        try (Services services = Services.start(home, Services.Ports.FREE, settings, PLAIN_TEXT, Services.Use.BRIEF)) {
            LinuxSession session = new LinuxSession(image, clip, services, out, buffers, checks);
            try (BootingMachine first = session.boot(dumb);
                    BootingMachine second = session.boot(blob)) {
                session.dumbBuffers(first);
                session.blob(second);
            }
            if (services.makingCaches()) {
                checks.say("");
                checks.say("The services keep what their JVMs loaded, once: the next run starts sooner");
            }
        } finally {
            delete(sockets);
        }
        checks.say("");
        checks.say(
                "Times in ms. guest: from the driver's queueing to its handling of the answer (tracepoints, the guest's clock).");
        checks.say(
                "device: from the command's taking to its answer (wire log). The difference is the way through the ring and,");
        checks.say(
                "mostly, the interrupt: without KVM QEMU's proxy cannot raise one, so the guest looks at each tick of 4 ms.");
        checks.say("Wire logs for ./crossdev decode and replay, and the whole consoles: " + out);
        checks.say(String.format(
                "%s after %d s",
                checks.held() ? "Everything held" : "NOT everything held",
                (System.nanoTime() - begun) / 1_000_000_000L));
        return checks.held() ? ExitCode.OK : ExitCode.CHECK_FAILED;
    }

    private static Path sockets() {
        try {
            return Files.createTempDirectory("crossdev-linux-");
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "no folder for sockets: " + e.getMessage(), e);
        }
    }

    private static void delete(Path folder) {
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // The sockets went with the services; an empty folder is no reason to fail.
        }
    }
}
