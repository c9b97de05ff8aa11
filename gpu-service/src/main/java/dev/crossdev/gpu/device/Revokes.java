package dev.crossdev.gpu.device;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waiting for importers to let go of guest memory. */
final class Revokes {
    private static final System.Logger LOG = System.getLogger(Revokes.class.getName());

    /** Cutting an importer off takes a moment too. */
    private static final Duration SLACK = Duration.ofSeconds(1);

    private Revokes() {}

    /**
     * Waits until everybody has let go, or was cut off for not doing so in time.
     *
     * @param patience that the revoke was given
     * @return false when interrupted, which a reset does; the flag stays set
     */
    static boolean await(CompletableFuture<Void> letGo, Duration patience) {
        try {
            letGo.get(patience.plus(SLACK).toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (TimeoutException | ExecutionException e) {
            LOG.log(System.Logger.Level.ERROR, "a revoke did not end by itself", e);
            return true;
        }
    }
}
