package dev.crossdev.cli.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.virtio.capture.DeviceKind;
import dev.crossdev.virtio.timing.Fault;
import dev.crossdev.virtio.timing.FaultEffect;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultTextTest {

    @ParameterizedTest
    @CsvSource({
        "RESOURCE_ASSIGN_UUID=error:ERR_OUT_OF_MEMORY*3, 0x1201, 3",
        "RESOURCE_ASSIGN_UUID=error:invalid_resource_id, 0x1203, 1",
        "resource_queue=error:ERR_INVALID_OPERATION, 0x300, 1",
        "RESOURCE_ASSIGN_UUID=error:0x1205*2, 0x1205, 2"
    })
    void anErrorIsSaidByNumberOrByName(String text, String code, int times) {
        Fault fault = FaultText.parse(text);

        assertThat(fault.effect()).isEqualTo(new FaultEffect.Error(Integer.decode(code)));
        assertThat(fault.times()).isEqualTo(times);
    }

    @Test
    void aFaultConcernsTheDevicesThatKnowItsCommand() {
        assertThat(FaultText.kinds(FaultText.parse("RESOURCE_ASSIGN_UUID=never")))
                .containsExactly(DeviceKind.GPU);
        assertThat(FaultText.kinds(FaultText.parse("STREAM_CREATE=never"))).containsExactly(DeviceKind.VIDEO);
        assertThat(FaultText.kinds(FaultText.parse("*=twice"))).containsExactly(DeviceKind.values());
    }

    @Test
    void whatIsNoFaultIsSaidWithAnExample() {
        assertThatThrownBy(() -> FaultText.parse("RESOURCE_ASSIGN_UUID=error:NO_SUCH_RESULT"))
                .hasMessageContaining("NO_SUCH_RESULT")
                .hasMessageContaining("ERR_UNSPEC");
        assertThatThrownBy(() -> FaultText.parse("RESOURCE_ASSIGN_UUID")).hasMessageContaining("error:0x1200");
    }
}
