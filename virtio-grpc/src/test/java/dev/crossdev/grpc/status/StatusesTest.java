package dev.crossdev.grpc.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StatusesTest {

    @ParameterizedTest
    @EnumSource(Errno.class)
    void everyErrnoComesBackAsItself(Errno errno) {
        StatusRuntimeException status = Statuses.toException(new ErrnoException(errno, "the reason"));

        ErrnoException back = Statuses.toErrno(status);

        assertThat(back.errno()).isEqualTo(errno);
        assertThat(back).hasMessage("the reason").hasCause(status);
    }

    @ParameterizedTest
    @EnumSource(Errno.class)
    void everyErrnoNamesItselfAsTheReason(Errno errno) {
        StatusRuntimeException status =
                Statuses.toException(new ErrnoException(errno, "x"), Map.of("device", "vm0", "code", "0x1203"));

        ErrorInfo info =
                Statuses.errorInfo(status.getStatus(), status.getTrailers()).orElseThrow();

        assertThat(info.getReason()).isEqualTo(errno.name());
        assertThat(info.getDomain()).isEqualTo("crossdev.dev");
        assertThat(info.getMetadataMap()).containsExactlyInAnyOrderEntriesOf(Map.of("device", "vm0", "code", "0x1203"));
    }

    @ParameterizedTest
    @CsvSource({
        "EINVAL, INVALID_ARGUMENT",
        "ENOENT, NOT_FOUND",
        "EBADF, NOT_FOUND",
        "EEXIST, ALREADY_EXISTS",
        "ENODEV, FAILED_PRECONDITION",
        "EBUSY, FAILED_PRECONDITION",
        "ENOMEM, RESOURCE_EXHAUSTED",
        "ENOSPC, RESOURCE_EXHAUSTED",
        "EMFILE, RESOURCE_EXHAUSTED",
        "ENOBUFS, RESOURCE_EXHAUSTED",
        "ETIMEDOUT, DEADLINE_EXCEEDED",
        "EPROTO, INTERNAL",
        "EINTR, CANCELLED",
        "ECANCELED, CANCELLED",
        "EACCES, PERMISSION_DENIED",
        "EPERM, PERMISSION_DENIED",
        "EAGAIN, UNAVAILABLE",
        "ECONNRESET, UNAVAILABLE",
    })
    void errnosHaveTheCodesOfTheDesign(Errno errno, Status.Code code) {
        assertThat(Statuses.toException(new ErrnoException(errno, "x"))
                        .getStatus()
                        .getCode())
                .isEqualTo(code);
    }

    @Test
    void aDeviceThatIsGoneIsUnavailableAndComesBackAsGone() {
        StatusRuntimeException status = Statuses.toException(new DeviceGoneException("unplugged"));

        assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(Statuses.toErrno(status))
                .isInstanceOf(DeviceGoneException.class)
                .hasMessage("unplugged");
    }

    @Test
    void aFailedRegistrationIsAFailedPreconditionAndComesBackAsOne() {
        StatusRuntimeException status = Statuses.toException(new RegistrationFailedException("answered 0x1203"));

        assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(Statuses.toErrno(status)).isInstanceOf(RegistrationFailedException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "UNAVAILABLE, ENODEV",
        "DEADLINE_EXCEEDED, ETIMEDOUT",
        "CANCELLED, EINTR",
        "INVALID_ARGUMENT, EINVAL",
        "NOT_FOUND, ENOENT",
        "ALREADY_EXISTS, EEXIST",
        "FAILED_PRECONDITION, EBUSY",
        "RESOURCE_EXHAUSTED, ENOMEM",
        "PERMISSION_DENIED, EACCES",
        "UNAUTHENTICATED, ENOKEY",
        "UNIMPLEMENTED, EOPNOTSUPP",
        "OUT_OF_RANGE, ERANGE",
        "ABORTED, EAGAIN",
        "INTERNAL, EPROTO",
        "UNKNOWN, EPROTO",
        "DATA_LOSS, EPROTO",
    })
    void aStatusWithoutAReasonIsReadByItsCode(Status.Code code, Errno errno) {
        assertThat(Statuses.toErrno(Status.fromCode(code).asRuntimeException()).errno())
                .isEqualTo(errno);
    }

    @Test
    void aLostConnectionIsADeviceThatIsGone() {
        assertThat(Statuses.toErrno(Status.UNAVAILABLE.withDescription("io exception"), null))
                .isInstanceOf(DeviceGoneException.class);
    }

    @Test
    void aReasonOfAnotherDomainOrOfNoErrnoIsIgnored() {
        for (ErrorInfo info : List.of(
                ErrorInfo.newBuilder()
                        .setReason("ENOENT")
                        .setDomain("example.org")
                        .build(),
                ErrorInfo.newBuilder()
                        .setReason("ENOSUCHERRNO")
                        .setDomain(Statuses.DOMAIN)
                        .build())) {
            StatusRuntimeException status = StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                    .setCode(Status.Code.INVALID_ARGUMENT.value())
                    .addDetails(Any.pack(info))
                    .build());

            assertThat(Statuses.toErrno(status).errno()).isEqualTo(Errno.EINVAL);
        }
    }

    @Test
    void aDetailThatCannotBeReadIsIgnored() {
        StatusRuntimeException status = StatusProto.toStatusRuntimeException(com.google.rpc.Status.newBuilder()
                .setCode(Status.Code.NOT_FOUND.value())
                .addDetails(Any.newBuilder()
                        .setTypeUrl("type.googleapis.com/google.rpc.ErrorInfo")
                        .setValue(com.google.protobuf.ByteString.copyFrom(new byte[] {(byte) 0xff, 1, 2})))
                .build());

        assertThat(Statuses.toErrno(status).errno()).isEqualTo(Errno.ENOENT);
    }

    @Test
    void whatABugSaysStaysInTheHouse() {
        IllegalStateException bug = new IllegalStateException("secret path /home/x");

        StatusRuntimeException status = Statuses.toException(bug);

        assertThat(status.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(status.getStatus().getDescription()).doesNotContain("secret");
        assertThat(status).hasCause(bug);
        assertThat(Statuses.isExpected(bug)).isFalse();
        assertThat(Statuses.isExpected(new ErrnoException(Errno.EBUSY, "x"))).isTrue();
    }

    @Test
    void failuresOfFuturesAreUnwrapped() {
        ErrnoException cause = new ErrnoException(Errno.EBUSY, "x");

        assertThat(Statuses.toErrno(new CompletionException(new ExecutionException(cause))))
                .isSameAs(cause);
        assertThat(Statuses.toErrno(new TimeoutException()).errno()).isEqualTo(Errno.ETIMEDOUT);
        assertThat(Statuses.toErrno(new CancellationException()).errno()).isEqualTo(Errno.ECANCELED);
        assertThat(Statuses.toErrno(new InterruptedException()).errno()).isEqualTo(Errno.EINTR);
    }

    @Test
    void aStatusPassesUnchanged() {
        StatusRuntimeException status = Status.ABORTED.asRuntimeException(new Metadata());

        assertThat(Statuses.toException(new CompletionException(status))).isSameAs(status);
        assertThat(Statuses.toException(Status.ABORTED.asException())
                        .getStatus()
                        .getCode())
                .isEqualTo(Status.Code.ABORTED);
    }
}
