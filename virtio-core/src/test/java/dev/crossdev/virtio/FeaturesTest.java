package dev.crossdev.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.virtio.gpu.GpuFeature;
import java.util.List;
import org.junit.jupiter.api.Test;

class FeaturesTest {

    private static final Features OFFERED =
            Features.of(GpuFeature.EDID, GpuFeature.RESOURCE_UUID).or(Features.of(TransportFeature.VERSION_1));

    @Test
    void hasTheBitsThatARecordedGuestWasOffered() {
        Features recorded = new Features(0x110000006L);

        assertThat(recorded.has(GpuFeature.EDID)).isTrue();
        assertThat(recorded.has(GpuFeature.RESOURCE_UUID)).isTrue();
        assertThat(recorded.has(GpuFeature.RESOURCE_BLOB)).isFalse();
        assertThat(recorded.has(32)).isTrue();
        assertThat(recorded.describe(List.of(GpuFeature.values())))
                .isEqualTo("EDID,RESOURCE_UUID,INDIRECT_DESC,VERSION_1");
    }

    @Test
    void isASet() {
        Features wanted = Features.of(GpuFeature.RESOURCE_UUID, GpuFeature.VIRGL);

        assertThat(OFFERED.and(wanted)).isEqualTo(Features.of(GpuFeature.RESOURCE_UUID));
        assertThat(wanted.minus(OFFERED)).isEqualTo(Features.of(GpuFeature.VIRGL));
        assertThat(OFFERED.containsAll(wanted)).isFalse();
        assertThat(OFFERED.with(GpuFeature.VIRGL).containsAll(wanted)).isTrue();
        assertThat(OFFERED.without(GpuFeature.EDID).has(GpuFeature.EDID)).isFalse();
        assertThat(OFFERED.minus(OFFERED)).isEqualTo(Features.NONE);
        assertThat(Features.NONE.isEmpty()).isTrue();
        assertThat(OFFERED.isEmpty()).isFalse();
    }

    @Test
    void namesTransportBitsAndNumbersTheRest() {
        assertThat(OFFERED).hasToString("bit1,bit2,VERSION_1");
        assertThat(Features.NONE).hasToString("none");
        assertThat(new Features(Long.MIN_VALUE)).hasToString("bit63");
    }

    @Test
    void refusesToAskForABitThatCannotBe() {
        assertThatThrownBy(() -> OFFERED.has(64)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> OFFERED.has(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(new Features(1).has(63)).isFalse();
    }
}
