package dev.crossdev.gpu.door;

import dev.crossdev.testing.Programs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * User Mode Linux, as linux-guest/uml/build.sh makes it, and the agent in it (linux-guest/agent.c): a kernel with the stock
 * virtio-gpu driver, and with virtio_uml for a front end of vhost-user.
 */
final class UserModeLinux implements AutoCloseable {

    static final String PROGRAM = "crossdev-uml";

    private static final long PATIENCE_SECONDS = 60;
    private static final Pattern TERMINAL = Pattern.compile("Serial line 1 assigned device '(.+)'");
    private static final Pattern VALUE = Pattern.compile("(\\w+)=(\\S+)");

    private final Process process;
    private final BlockingQueue<String> console = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> replies = new LinkedBlockingQueue<>();
    private final RandomAccessFile terminal;

    private UserModeLinux(Process process) throws IOException, InterruptedException {
        this.process = process;
        // A console that nobody reads stops the kernel.
        Thread.ofPlatform().daemon().start(() -> copyLines(process.getInputStream(), console));
        Matcher assigned = TERMINAL.matcher("");
        while (!assigned.reset(next(console)).find()) {
            // The kernel's other lines.
        }
        terminal = new RandomAccessFile(assigned.group(1), "rw");
        Thread.ofPlatform().daemon().start(this::readTerminal);
        if (!next(replies).startsWith("crossdev: ready")) {
            throw new AssertionError("the guest has no gpu");
        }
    }

    /** Boots it, and waits for the agent. */
    static UserModeLinux boot(Path socket) throws IOException, InterruptedException {
        Path program = Programs.ofThisMachine().find(PROGRAM).orElseThrow();
        Process process = new ProcessBuilder(program.toString(), socket.toString())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        try {
            return new UserModeLinux(process);
        } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
            kill(process);
            throw e;
        }
    }

    /** What the agent answers, as far as it is keys and values. */
    Map<String, String> ask(String command) throws IOException, InterruptedException {
        terminal.write((command + "\n").getBytes(StandardCharsets.US_ASCII));
        return VALUE.matcher(next(replies))
                .results()
                .collect(Collectors.toMap(found -> found.group(1), found -> found.group(2), (first, _) -> first));
    }

    /** Waits until it has powered off. */
    int powerOff() throws IOException, InterruptedException {
        terminal.write("poweroff\n".getBytes(StandardCharsets.US_ASCII));
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("it does not power off");
        }
        return process.exitValue();
    }

    private static String next(BlockingQueue<String> lines) throws InterruptedException {
        String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (line == null) {
            throw new AssertionError("nothing for " + PATIENCE_SECONDS + " s");
        }
        return line;
    }

    private void readTerminal() {
        try {
            for (String line = terminal.readLine(); line != null; line = terminal.readLine()) {
                if (line.startsWith("crossdev: ")) {
                    replies.add(line);
                }
            }
        } catch (IOException hungUp) {
            // It has powered off.
        }
    }

    private static void copyLines(InputStream from, BlockingQueue<String> to) {
        try (BufferedReader reader = new BufferedReader(new java.io.InputStreamReader(from, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                to.add(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void kill(Process process) {
        // Its programs are processes of their own, which it traces.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    @Override
    public void close() throws IOException {
        kill(process);
        terminal.close();
    }
}
