package dev.crossdev.grpc.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.error.Errno;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HostedElsewhereExceptionTest {

    @Test
    void whereTheDeviceIsComesAcross() {
        StatusRuntimeException sent = Statuses.toException(
                new HostedElsewhereException("device vm0 is elsewhere", "[::1]:8081"), Map.of("device", "vm0"));

        assertThat(sent.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(Statuses.errorInfo(sent.getStatus(), sent.getTrailers())).hasValueSatisfying(info -> {
            assertThat(info.getReason()).isEqualTo("EBUSY");
            assertThat(info.getMetadataMap())
                    .containsExactlyInAnyOrderEntriesOf(Map.of("instance", "[::1]:8081", "device", "vm0"));
        });
        assertThat(Statuses.toErrno(sent)).isInstanceOfSatisfying(HostedElsewhereException.class, received -> {
            assertThat(received.errno()).isEqualTo(Errno.EBUSY);
            assertThat(received.instance()).isEqualTo("[::1]:8081");
            assertThat(received).hasMessage("device vm0 is elsewhere");
        });
    }
}
