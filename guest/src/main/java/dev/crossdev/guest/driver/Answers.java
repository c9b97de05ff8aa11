package dev.crossdev.guest.driver;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for a device's answers, never without end, and says which service failed to give one. */
public final class Answers {

    private final ServiceAddress service;
    private final Duration patience;

    /** @param patience for each answer */
    public Answers(ServiceAddress service, Duration patience) {
        this.service = service;
        this.patience = patience;
    }

    /** Who answers. */
    public ServiceAddress service() {
        return service;
    }

    /** How long each answer is waited for. */
    public Duration patience() {
        return patience;
    }

    /**
     * Waits for an answer.
     *
     * @param what was asked, for the error's text
     * @throws DeviceGoneException the device or the connection is gone; the message names the service
     * @throws ErrnoException ETIMEDOUT; EINTR, and then the thread's interrupt flag stays set
     */
    public <T> T await(CompletableFuture<T> answer, String what) {
        try {
            return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw named(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            throw new ErrnoException(
                    Errno.ETIMEDOUT, service + " did not answer " + what + " within " + patience.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ErrnoException(Errno.EINTR, "interrupted while waiting for " + what, e);
        }
    }

    /** An answer whose failure names the service. */
    public <T> CompletableFuture<T> named(CompletableFuture<T> answer) {
        return answer.exceptionallyCompose(failure -> CompletableFuture.failedFuture(named(failure)));
    }

    /** The same failure, naming the service. */
    public ErrnoException named(Throwable failure) {
        String prefix = service.toString();
        return switch (failure) {
            case CompletionException wrapped when wrapped.getCause() != null -> named(wrapped.getCause());
            case ErrnoException already
            when String.valueOf(already.getMessage()).startsWith(prefix) -> already;
            case DeviceGoneException gone -> gone(gone);
            case ErrnoException known ->
                new ErrnoException(known.errno(), service + ": " + String.valueOf(known.getMessage()), known);
            default -> new ErrnoException(Errno.EIO, service + ": " + failure, failure);
        };
    }

    private DeviceGoneException gone(ErrnoException why) {
        return new DeviceGoneException(service + " is gone: " + why.getMessage(), why);
    }
}
