package dev.crossdev.grpc.status;

import com.google.rpc.Code;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;

/** Which gRPC code stands for which errno, and which errno for a code that came without one. */
final class ErrnoStatus {

    private ErrnoStatus() {}

    static Code codeOf(ErrnoException error) {
        return error instanceof DeviceGoneException ? Code.UNAVAILABLE : codeOf(error.errno());
    }

    /** No default branch: a new errno must be given its code here. */
    private static Code codeOf(Errno errno) {
        return switch (errno) {
            case EINVAL,
                    EFAULT,
                    E2BIG,
                    EMSGSIZE,
                    ENAMETOOLONG,
                    EOVERFLOW,
                    ENOTTY,
                    ENOTSOCK,
                    EPROTOTYPE,
                    ENOTDIR,
                    EISDIR -> Code.INVALID_ARGUMENT;
            case ERANGE -> Code.OUT_OF_RANGE;
            case ENOENT, EBADF, ENXIO -> Code.NOT_FOUND;
            case EEXIST -> Code.ALREADY_EXISTS;
            case ENODEV, EBUSY, EADDRINUSE, EINPROGRESS, ESTALE, EROFS -> Code.FAILED_PRECONDITION;
            case ENOMEM, ENOSPC, ENFILE, EMFILE, ENOBUFS, EFBIG -> Code.RESOURCE_EXHAUSTED;
            case ETIMEDOUT -> Code.DEADLINE_EXCEEDED;
            case EINTR, ECANCELED -> Code.CANCELLED;
            case EPERM, EACCES -> Code.PERMISSION_DENIED;
            case ENOKEY -> Code.UNAUTHENTICATED;
            case ENOSYS, EOPNOTSUPP -> Code.UNIMPLEMENTED;
            case EAGAIN, EPIPE, ENETDOWN, ECONNABORTED, ECONNRESET, ECONNREFUSED, ENOTCONN, EHOSTUNREACH ->
                Code.UNAVAILABLE;
            case EPROTO, EBADMSG, EIO -> Code.INTERNAL;
        };
    }

    /** For a status that says no errno: one that a proxy, the transport or a stranger made. */
    static Errno errnoOf(io.grpc.Status.Code code) {
        return switch (code) {
            case INVALID_ARGUMENT -> Errno.EINVAL;
            case OUT_OF_RANGE -> Errno.ERANGE;
            case NOT_FOUND -> Errno.ENOENT;
            case ALREADY_EXISTS -> Errno.EEXIST;
            case FAILED_PRECONDITION -> Errno.EBUSY;
            case RESOURCE_EXHAUSTED -> Errno.ENOMEM;
            case DEADLINE_EXCEEDED -> Errno.ETIMEDOUT;
            case CANCELLED -> Errno.EINTR;
            case PERMISSION_DENIED -> Errno.EACCES;
            case UNAUTHENTICATED -> Errno.ENOKEY;
            case UNIMPLEMENTED -> Errno.EOPNOTSUPP;
            case ABORTED -> Errno.EAGAIN;
            case UNAVAILABLE -> Errno.ENODEV;
            case OK, INTERNAL, UNKNOWN, DATA_LOSS -> Errno.EPROTO;
        };
    }
}
