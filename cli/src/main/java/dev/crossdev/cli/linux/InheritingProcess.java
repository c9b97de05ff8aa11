package dev.crossdev.cli.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A child process that is given a file descriptor, by posix_spawn: {@link ProcessBuilder} gives away none but 0, 1 and 2, and
 * QEMU takes its remote device's connection by number. It dies with this process, however that ends.
 */
final class InheritingProcess implements AutoCloseable {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup SYMBOLS = LINKER.defaultLookup();

    private static final MethodHandle POSIX_SPAWNP =
            link("posix_spawnp", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    private static final MethodHandle ACTIONS_INIT =
            link("posix_spawn_file_actions_init", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle ACTIONS_OPEN = link(
            "posix_spawn_file_actions_addopen",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle ACTIONS_DUP2 =
            link("posix_spawn_file_actions_adddup2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
    private static final MethodHandle ACTIONS_DESTROY =
            link("posix_spawn_file_actions_destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));
    private static final MethodHandle WAITPID =
            link("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle WAITID =
            link("waitid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle KILL = link("kill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    /** More than any C library's posix_spawn_file_actions_t. */
    private static final int ACTIONS_BYTES = 512;

    private static final int O_RDONLY = 0;
    private static final int WRITE_NEW = 0x1 | 0x40 | 0x200;
    private static final int P_PID = 1;
    private static final int WEXITED_NOWAIT = 4 | 0x01000000;
    private static final int SIGINFO_BYTES = 128;
    private static final int SIGKILL = 9;
    private static final int SIGNALLED = 128;

    /** Of util-linux, which every Debian has: the kernel kills the child when the thread that started it is gone. */
    private static final List<String> DIES_WITH_ITS_PARENT = List.of("setpriv", "--pdeathsig", "KILL", "--");

    private final int pid;
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final Object reaping = new Object();

    private InheritingProcess(int pid) {
        this.pid = pid;
    }

    /**
     * Starts it.
     *
     * @param command found on the path
     * @param given a descriptor of this process
     * @param as the number that the child has it under, above 2
     * @param log where its output and errors go
     * @throws IOException when it cannot be started
     */
    static InheritingProcess start(List<String> command, int given, int as, Path log) throws IOException {
        List<String> whole = new ArrayList<>(DIES_WITH_ITS_PARENT);
        whole.addAll(command);
        CompletableFuture<InheritingProcess> started = new CompletableFuture<>();
        // Starts it and stays as long as it runs: the child dies with its thread.
        Thread.ofPlatform().daemon().name("parent-of-" + command.getFirst()).start(() -> {
            InheritingProcess process;
            try {
                process = spawn(whole, given, as, log);
            } catch (IOException | RuntimeException | Error e) {
                started.completeExceptionally(e);
                return;
            }
            started.complete(process);
            process.reap();
        });
        try {
            return started.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        }
    }

    private static InheritingProcess spawn(List<String> command, int given, int as, Path log) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(ACTIONS_BYTES, 16);
            check((int) ACTIONS_INIT.invokeExact(actions), "posix_spawn_file_actions_init");
            try {
                check(
                        (int) ACTIONS_OPEN.invokeExact(actions, 0, arena.allocateFrom("/dev/null"), O_RDONLY, 0),
                        "stdin");
                check(
                        (int) ACTIONS_OPEN.invokeExact(actions, 1, arena.allocateFrom(log.toString()), WRITE_NEW, 0600),
                        "stdout");
                check((int) ACTIONS_DUP2.invokeExact(actions, 1, 2), "stderr");
                // The copy is without FD_CLOEXEC, also when the number is the same (POSIX.1-2024).
                check((int) ACTIONS_DUP2.invokeExact(actions, given, as), "the given descriptor");
                MemorySegment pid = arena.allocate(JAVA_INT);
                List<String> environment = new ArrayList<>();
                for (Map.Entry<String, String> each : System.getenv().entrySet()) {
                    environment.add(each.getKey() + "=" + each.getValue());
                }
                check(
                        (int) POSIX_SPAWNP.invokeExact(
                                pid,
                                arena.allocateFrom(command.getFirst()),
                                actions,
                                MemorySegment.NULL,
                                strings(arena, command),
                                strings(arena, environment)),
                        "starting " + command.getFirst());
                return new InheritingProcess(pid.get(JAVA_INT, 0));
            } finally {
                int ignored = (int) ACTIONS_DESTROY.invokeExact(actions);
                assert ignored == 0;
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    boolean isAlive() {
        return !exit.isDone();
    }

    /** Its exit code, 128 and the signal's number for a signal; empty when it does not end in time. */
    OptionalInt waitFor(Duration patience) throws InterruptedException {
        try {
            return OptionalInt.of(exit.get(patience.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return OptionalInt.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Kills it, if need be, and waits. */
    @Override
    public void close() {
        synchronized (reaping) {
            // Not reaped yet, so the number is still its own.
            if (isAlive()) {
                try {
                    int ignored = (int) KILL.invokeExact(pid, SIGKILL);
                    assert ignored <= 0;
                } catch (Throwable e) {
                    throw new AssertionError(e);
                }
            }
        }
        int unused = exit.join();
    }

    private void reap() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(JAVA_INT);
            MemorySegment info = arena.allocate(SIGINFO_BYTES, 8);
            while ((int) WAITID.invokeExact(P_PID, pid, info, WEXITED_NOWAIT) != 0) {
                // Interrupted by a signal.
            }
            synchronized (reaping) {
                int ignored = (int) WAITPID.invokeExact(pid, status, 0);
                assert ignored == pid;
                int raw = status.get(JAVA_INT, 0);
                exit.complete((raw & 0x7f) == 0 ? raw >> 8 & 0xff : SIGNALLED + (raw & 0x7f));
            }
        } catch (Throwable e) {
            exit.completeExceptionally(e);
        }
    }

    private static MemorySegment strings(Arena arena, List<String> strings) {
        MemorySegment array = arena.allocate(ADDRESS, strings.size() + 1L);
        for (int i = 0; i < strings.size(); i++) {
            array.setAtIndex(ADDRESS, i, arena.allocateFrom(strings.get(i), StandardCharsets.UTF_8));
        }
        return array;
    }

    private static void check(int errno, String what) throws IOException {
        if (errno != 0) {
            throw new IOException(what + ": errno " + errno);
        }
    }

    private static MethodHandle link(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(SYMBOLS.find(name).orElseThrow(), type);
    }
}
