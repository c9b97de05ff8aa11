package dev.crossdev.cli.linux;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * QEMU with a stock kernel, whose virtio-gpu is at the other end of a socket of gpu-service, and the agent in it. TCG: KVM is
 * not asked for, so that it runs in any container. Not thread-safe.
 */
public final class VirtualMachine implements AutoCloseable {

    private static final int MEBIBYTES = 256;

    /** Under TCG, on a loaded machine; usually 3 s. */
    private static final Duration BOOT = Duration.ofSeconds(120);

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POWER_OFF = Duration.ofSeconds(30);
    private static final Duration STALL = Duration.ofSeconds(10);

    /** The number under which QEMU has the connection. */
    private static final int DEVICE_DESCRIPTOR = 10;

    /**
     * Under TCG the function's interrupt has no way in: QEMU's proxy raises INTx through KVM's irqfd alone. So the guest looks
     * at every timer tick, for which the tick must come from the PIT and never pause.
     */
    private static final String POLLED_INTERRUPTS = "irqpoll nolapic_timer nohz=off";

    private final InheritingProcess qemu;
    private final Path folder;
    private final SocketChannel agent;
    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
    private final Consumer<String> said;

    private VirtualMachine(InheritingProcess qemu, Path folder, SocketChannel agent, Consumer<String> said) {
        this.qemu = qemu;
        this.folder = folder;
        this.agent = agent;
        this.said = said;
        Thread.ofPlatform().daemon().name("agent-of-guest").start(this::read);
    }

    /**
     * Boots and waits until the agent is ready.
     *
     * @param gpuSocket of gpu-service's remote PCI device
     * @param folder an empty one, for the logs of console and QEMU
     * @param parameters more words for the kernel's command line
     * @param said sees each line of the agent
     * @throws CommandFailure when it does not get that far
     */
    public static VirtualMachine boot(
            GuestImage image, Path gpuSocket, Path folder, List<String> parameters, Consumer<String> said) {
        // Beside the other one: a socket's path has 107 bytes at most, and the folder is the caller's.
        Path socket = gpuSocket.resolveSibling("agent-" + UUID.randomUUID());
        try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listening.bind(UnixDomainSocketAddress.of(socket));
            InheritingProcess qemu;
            try (DescriptorStream device = DescriptorStream.connect(gpuSocket, STALL)) {
                qemu = InheritingProcess.start(
                        command(image, folder, socket, parameters),
                        device.socket(),
                        DEVICE_DESCRIPTOR,
                        folder.resolve("qemu.log"));
            }
            try {
                VirtualMachine machine = new VirtualMachine(qemu, folder, accept(listening, qemu, folder), said);
                machine.awaitReady();
                return machine;
            } catch (RuntimeException | IOException e) {
                qemu.close();
                throw e;
            }
        } catch (IOException | ErrnoException e) {
            throw new CommandFailure(ExitCode.UNREACHABLE, "the guest cannot be booted: " + e.getMessage(), e);
        } finally {
            delete(socket);
        }
    }

    private static void delete(Path socket) {
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            // It goes with its folder.
        }
    }

    private static List<String> command(GuestImage image, Path folder, Path socket, List<String> parameters) {
        List<String> command = new ArrayList<>(List.of("qemu-system-x86_64", "-accel", "tcg", "-M", "q35"));
        command.addAll(List.of("-m", String.valueOf(MEBIBYTES), "-nodefaults", "-no-user-config", "-no-reboot"));
        command.addAll(List.of("-display", "none", "-monitor", "none"));
        command.addAll(List.of("-serial", "file:" + folder.resolve("console.log")));
        command.addAll(List.of("-chardev", "socket,id=agent,path=" + socket, "-device", "isa-serial,chardev=agent"));
        // Shared, so that the device maps it, and sealed, so that nobody can shrink it under the device.
        command.addAll(List.of(
                "-object",
                "memory-backend-memfd,id=ram,size=" + MEBIBYTES + "M,share=on,seal=on",
                "-machine",
                "memory-backend=ram"));
        command.addAll(List.of(
                "-kernel",
                image.kernel().toString(),
                "-initrd",
                image.initramfs().toString()));
        command.addAll(List.of(
                "-append",
                // What costs a second under TCG: mitigations and protection where there is nobody to be guarded from,
                // tests
                // of ciphers that nobody uses, and the patching away of locks.
                "console=ttyS0 loglevel=7 mitigations=off rodata=off cryptomgr.notests noreplace-smp "
                        + POLLED_INTERRUPTS + " drm_kms_helper.fbdev_emulation=0 "
                        + String.join(" ", parameters)));
        command.addAll(List.of("-device", "x-pci-proxy-dev,id=gpu,fd=" + DEVICE_DESCRIPTOR));
        return command;
    }

    private static SocketChannel accept(ServerSocketChannel listening, InheritingProcess qemu, Path folder)
            throws IOException {
        listening.configureBlocking(false);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            SocketChannel connected = listening.accept();
            if (connected != null) {
                connected.configureBlocking(true);
                return connected;
            }
            if (awaitExit(qemu, Duration.ofMillis(10)).isPresent()) {
                break;
            }
        }
        throw new IOException("QEMU does not come up: "
                + Files.readString(folder.resolve("qemu.log")).strip());
    }

    private void awaitReady() {
        AgentReply ready = next(BOOT);
        if (!ready.command().equals("ready")) {
            throw new CommandFailure(
                    ExitCode.CHECK_FAILED,
                    "the guest booted without its gpu: " + ready.line() + "; its console is in "
                            + folder.resolve("console.log"));
        }
    }

    /** Asks the agent, and gives what it answers, a failure too. */
    public AgentReply ask(String command) {
        return ask(command, PATIENCE);
    }

    /** As {@link #ask(String)}, with other patience. */
    public AgentReply ask(String command, Duration patience) {
        send(command);
        return next(patience);
    }

    /** Asks the agent something that has many lines for an answer, the last of them {@code done=1}. */
    public List<AgentReply> askAll(String command) {
        send(command);
        List<AgentReply> replies = new ArrayList<>();
        for (AgentReply reply = next(PATIENCE); !reply.values().containsKey("done"); reply = next(PATIENCE)) {
            replies.add(reply);
            if (reply.failure().isPresent() && reply.command().equals("trace")) {
                break;
            }
        }
        return replies;
    }

    /** As {@link #ask}, of a command that must work. */
    public AgentReply demand(String command) {
        AgentReply reply = ask(command);
        if (reply.failure().isPresent()) {
            throw new CommandFailure(ExitCode.CHECK_FAILED, "in the guest, " + command + ": " + reply.line());
        }
        return reply;
    }

    /** What the kernel printed so far. */
    public List<String> console() {
        try {
            return new String(Files.readAllBytes(folder.resolve("console.log")), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.replace("\r", ""))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks the guest to power off and waits for QEMU to end: its exit code. */
    public int powerOff() {
        send("poweroff");
        OptionalInt code = awaitExit(qemu, POWER_OFF);
        if (code.isEmpty()) {
            throw new CommandFailure(ExitCode.CHECK_FAILED, "the guest does not power off");
        }
        return code.getAsInt();
    }

    /** Kills it, if it still runs. */
    @Override
    public void close() {
        qemu.close();
        try {
            agent.close();
        } catch (IOException e) {
            // As good as closed.
        }
    }

    private static OptionalInt awaitExit(InheritingProcess qemu, Duration patience) {
        try {
            return qemu.waitFor(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(ExitCode.CHECK_FAILED, "interrupted", e);
        }
    }

    private void send(String command) {
        ByteBuffer bytes = ByteBuffer.wrap((command + "\n").getBytes(StandardCharsets.US_ASCII));
        try {
            while (bytes.hasRemaining()) {
                int written = agent.write(bytes);
                assert written >= 0;
            }
        } catch (IOException e) {
            throw gone(e);
        }
    }

    private AgentReply next(Duration patience) {
        try {
            long end = System.nanoTime() + patience.toNanos();
            while (true) {
                Optional<String> line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (line == null) {
                    throw new CommandFailure(
                            ExitCode.CHECK_FAILED,
                            "the guest does not answer; its console is in " + folder.resolve("console.log"));
                }
                Optional<AgentReply> reply = AgentReply.parse(line.orElseThrow(() -> gone(null)));
                if (reply.isPresent()) {
                    return reply.get();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(ExitCode.CHECK_FAILED, "interrupted", e);
        }
    }

    private CommandFailure gone(@Nullable Throwable cause) {
        return new CommandFailure(
                ExitCode.CHECK_FAILED, "QEMU is gone; see " + folder.resolve("qemu.log") + " and console.log", cause);
    }

    private void read() {
        try (BufferedReader reader = new BufferedReader(Channels.newReader(agent, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                said.accept(line);
                lines.add(Optional.of(line));
            }
        } catch (IOException e) {
            // The same as its end.
        }
        lines.add(Optional.empty());
    }
}
