package dev.crossdev.grpc.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.ServiceInfo;
import dev.crossdev.virtio.Features;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DescriptionsTest {

    @Test
    void aServiceSaysWhatItIs() {
        try (TestGpuServer server = TestGpuServer.obedient()) {
            ServiceInfo info = new ServiceInfo(
                    "0.1", Optional.of(Path.of("/run/gpu.sock")), BootId.local(), new Features(4), List.of("X"), "i");
            server.description = info;

            assertThat(Descriptions.gpu(server.channel(), Duration.ofSeconds(20)))
                    .isEqualTo(info);
        }
    }

    @Test
    void aServiceThatDoesNotAnswerTimesOut() {
        try (TestGpuServer server = TestGpuServer.obedient()) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> Descriptions.gpu(server.channel(), Duration.ofMillis(100)))
                    .returns(Errno.ETIMEDOUT, ErrnoException::errno);
        }
    }

    @Test
    void aServiceThatIsNotThereIsGone() {
        try (TestGpuServer server = TestGpuServer.obedient()) {
            server.kill();
            assertThatExceptionOfType(DeviceGoneException.class)
                    .isThrownBy(() -> Descriptions.gpu(server.channel(), Duration.ofSeconds(20)));
        }
    }

    @Test
    void aServiceWithoutAVideoDeviceSaysSo() {
        try (TestGpuServer server = TestGpuServer.obedient()) {
            assertThatExceptionOfType(ErrnoException.class)
                    .isThrownBy(() -> Descriptions.video(server.channel(), Duration.ofSeconds(20)))
                    .returns(Errno.EOPNOTSUPP, ErrnoException::errno);
        }
    }
}
