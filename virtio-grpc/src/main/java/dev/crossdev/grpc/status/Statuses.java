package dev.crossdev.grpc.status;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Failures of a call as gRPC statuses, and statuses as errnos again. Each status carries a {@link ErrorInfo} whose reason
 * is the errno's name, so nothing is lost on the way although several errnos share a code.
 *
 * <p>A bad <em>command</em> is no failure of the call: its result code goes into its completion.
 */
public final class Statuses {

    /** Who gives the reasons their meaning ({@link ErrorInfo#getDomain}). */
    public static final String DOMAIN = "crossdev.dev";

    private Statuses() {}

    /** {@link #toException(Throwable, Map)} without more to say. */
    public static StatusRuntimeException toException(Throwable failure) {
        return toException(failure, Map.of());
    }

    /**
     * The status for a failure. A status stays as it is; an {@link ErrnoException} is mapped; of anything unexpected the
     * peer learns only that it was an internal error (EIO), while the cause stays on the exception for the log.
     *
     * @param metadata for the {@link ErrorInfo}, such as the device's name or a virtio result code
     */
    public static StatusRuntimeException toException(Throwable failure, Map<String, String> metadata) {
        Throwable cause = unwrap(failure);
        return switch (cause) {
            case StatusRuntimeException status -> status;
            case StatusException status -> new StatusRuntimeException(status.getStatus(), status.getTrailers());
            case HostedElsewhereException elsewhere -> {
                Map<String, String> where = new HashMap<>(metadata);
                where.put(HostedElsewhereException.INSTANCE, elsewhere.instance());
                yield toException(elsewhere, cause, where);
            }
            default -> toException(expected(cause), cause, metadata);
        };
    }

    private static StatusRuntimeException toException(
            ErrnoException error, Throwable cause, Map<String, String> metadata) {
        String message = error.getMessage() == null ? error.errno().name() : error.getMessage();
        StatusRuntimeException bare = StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(ErrnoStatus.codeOf(error).getNumber())
                .setMessage(message)
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setReason(error.errno().name())
                        .setDomain(DOMAIN)
                        .putAllMetadata(metadata)
                        .build()))
                .build());
        // The cause stays here: a status on the wire has none.
        return new StatusRuntimeException(bare.getStatus().withCause(cause), bare.getTrailers());
    }

    /** Whether this is a failure that code expects and names, as opposed to a bug that belongs in the log. */
    public static boolean isExpected(Throwable failure) {
        return switch (unwrap(failure)) {
            case StatusRuntimeException _,
                    StatusException _,
                    ErrnoException _,
                    TimeoutException _,
                    CancellationException _,
                    InterruptedException _ -> true;
            default -> false;
        };
    }

    /**
     * The errno of a failed call. UNAVAILABLE without a reason, which is what a lost connection looks like, is a
     * {@link DeviceGoneException}; FAILED_PRECONDITION with reason ENODEV is a {@link RegistrationFailedException}.
     */
    public static ErrnoException toErrno(Throwable failure) {
        Throwable cause = unwrap(failure);
        return switch (cause) {
            case StatusRuntimeException status -> toErrno(status.getStatus(), status.getTrailers(), status);
            case StatusException status -> toErrno(status.getStatus(), status.getTrailers(), status);
            default -> expected(cause);
        };
    }

    /** As {@link #toErrno(Throwable)}, for a call that ended with this status and these trailers. */
    public static ErrnoException toErrno(Status status, @Nullable Metadata trailers) {
        return toErrno(status, trailers, status.asRuntimeException(trailers));
    }

    /** What the status says of itself beyond its code, when it comes from this project. */
    public static Optional<ErrorInfo> errorInfo(Status status, @Nullable Metadata trailers) {
        com.google.rpc.Status details =
                StatusProto.fromStatusAndTrailers(status, trailers == null ? new Metadata() : trailers);
        for (Any detail : details.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                try {
                    ErrorInfo info = detail.unpack(ErrorInfo.class);
                    if (info.getDomain().equals(DOMAIN)) {
                        return Optional.of(info);
                    }
                } catch (InvalidProtocolBufferException e) {
                    // A detail that cannot be read says as much as none: the code decides.
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    private static ErrnoException toErrno(Status status, @Nullable Metadata trailers, Throwable cause) {
        Optional<ErrorInfo> info = errorInfo(status, trailers);
        Errno errno =
                info.flatMap(said -> named(said.getReason())).orElseGet(() -> ErrnoStatus.errnoOf(status.getCode()));
        String message = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        String instance = info.map(said -> said.getMetadataMap().get(HostedElsewhereException.INSTANCE))
                .orElse(null);
        if (errno == Errno.EBUSY && instance != null) {
            return new HostedElsewhereException(message, instance);
        }
        if (errno != Errno.ENODEV) {
            return new ErrnoException(errno, message, cause);
        }
        return status.getCode() == Status.Code.FAILED_PRECONDITION
                ? new RegistrationFailedException(message, cause)
                : new DeviceGoneException(message, cause);
    }

    private static Optional<Errno> named(String reason) {
        try {
            return Optional.of(Errno.valueOf(reason));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static ErrnoException expected(Throwable cause) {
        return switch (cause) {
            case ErrnoException errno -> errno;
            case TimeoutException timeout -> new ErrnoException(Errno.ETIMEDOUT, "timed out", timeout);
            case CancellationException cancelled -> new ErrnoException(Errno.ECANCELED, "cancelled", cancelled);
            case InterruptedException interrupted -> new ErrnoException(Errno.EINTR, "interrupted", interrupted);
            default -> new ErrnoException(Errno.EIO, "internal error", cause);
        };
    }

    private static Throwable unwrap(Throwable failure) {
        Throwable at = failure;
        while ((at instanceof CompletionException || at instanceof ExecutionException) && at.getCause() != null) {
            at = at.getCause();
        }
        return at;
    }
}
