package dev.crossdev.cli.linux;

import dev.crossdev.cli.outcome.CommandFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A virtual machine that boots while something else goes on: under TCG one takes seconds, and a core. */
final class BootingMachine implements AutoCloseable {

    private final GuestPlace place;
    private final CompletableFuture<Up> boot;

    private record Up(VirtualMachine machine, Duration took) {}

    private BootingMachine(GuestPlace place, CompletableFuture<Up> boot) {
        this.place = place;
        this.boot = boot;
    }

    /** Ends by itself when it gets no further: {@link VirtualMachine#boot} has a deadline. */
    static BootingMachine begin(GuestImage image, GuestPlace place, Path folder) {
        long begun = System.nanoTime();
        return new BootingMachine(
                place,
                CompletableFuture.supplyAsync(
                        () -> new Up(
                                VirtualMachine.boot(image, place.socket(), folder, List.of(), _ -> {}),
                                Duration.ofNanos(System.nanoTime() - begun)),
                        boot -> Thread.ofPlatform()
                                .name("boot-" + place.device())
                                .start(boot)));
    }

    GuestPlace place() {
        return place;
    }

    /**
     * Waits until it is up.
     *
     * @throws CommandFailure when it does not get that far
     */
    VirtualMachine up() {
        return awaitUp().machine();
    }

    /** From its beginning until it was up; waits until it is. */
    Duration took() {
        return awaitUp().took();
    }

    private Up awaitUp() {
        try {
            return boot.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CommandFailure known ? known : e;
        }
    }

    /** Waits until it is up, and switches it off. Closing twice does nothing more. */
    @Override
    public void close() {
        // Whoever needed it was told why it did not come up.
        boot.handle((up, _) -> up)
                .thenAccept(up -> {
                    if (up != null) {
                        up.machine().close();
                    }
                })
                .join();
    }
}
