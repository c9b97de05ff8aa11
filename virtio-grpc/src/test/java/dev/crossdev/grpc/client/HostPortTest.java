package dev.crossdev.grpc.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {

    @Test
    void namesAndAddressesAreRead() {
        assertThat(HostPort.parse("gpu.crossdev:8081")).isEqualTo(new HostPort("gpu.crossdev", 8081));
        assertThat(HostPort.parse("127.0.0.1:1")).isEqualTo(new HostPort("127.0.0.1", 1));
        assertThat(HostPort.parse("[::1]:65535")).isEqualTo(new HostPort("::1", 65_535));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gpu", ":8081", "gpu:", "gpu:0", "gpu:65536", "gpu:x", "::1:8081", "[::1]:0", "[]:1"})
    void anythingElseIsRefusedByName(String text) {
        assertThatThrownBy(() -> HostPort.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }
}
