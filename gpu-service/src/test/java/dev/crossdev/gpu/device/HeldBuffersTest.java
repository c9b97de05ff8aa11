package dev.crossdev.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.gpu.objects.ExportedObject;
import dev.crossdev.virtio.HeldBuffer;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuResult;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an operator sees of a device's buffers, and what counts towards its limit. */
class HeldBuffersTest {
    private final TestGpu gpu = new TestGpu(GpuSettings.DEFAULT.withMaxBytes(2 * 64 * 64 * 4));

    @AfterEach
    void close() {
        gpu.close();
    }

    @Test
    void aBufferIsShownFromItsResourceToItsLastHolder() {
        gpu.resource(1, 64, 64);
        assertThat(only().state()).isEqualTo("none");
        assertThat(only().uuid()).isEmpty();
        assertThat(only().info().references()).isEqualTo(1);
        assertThat(only().size()).isEqualTo(64 * 64 * 4);

        UUID uuid = gpu.assignUuid(1);
        assertThat(only().state()).isEqualTo("OK");
        assertThat(only().uuid()).contains(uuid);

        ExportedObject object = gpu.objects.find(TestGpu.GUEST, uuid).orElseThrow();
        object.buffer().get();
        gpu.ok(new GpuCommand.ResourceUnref(1));
        assertThat(only().state()).isEqualTo("WITHDRAWN");
        assertThat(only().resourceId()).isEqualTo(1);

        object.buffer().put();
        assertThat(gpu.device.buffers()).isEmpty();
    }

    @Test
    void assigningAgainGivesTheSameUuidAndANewLifeAnother() {
        gpu.resource(1, 16, 16);
        UUID first = gpu.assignUuid(1);
        assertThat(gpu.assignUuid(1)).isEqualTo(first);
        gpu.ok(new GpuCommand.ResourceUnref(1));
        assertThat(gpu.code(new GpuCommand.ResourceAssignUuid(1))).isEqualTo(GpuResult.ERR_INVALID_RESOURCE_ID);
        gpu.resource(1, 16, 16);

        assertThat(gpu.assignUuid(1)).isNotEqualTo(first);
        assertThat(gpu.objects.find(TestGpu.GUEST, first)).isEmpty();
        gpu.device.reset();
        assertThat(gpu.objects.list(TestGpu.GUEST)).isEmpty();
    }

    @Test
    void whatAnImporterKeepsCountsTowardsTheLimitUntilItLetsGo() {
        gpu.resource(1, 64, 64);
        ExportedObject object =
                gpu.objects.find(TestGpu.GUEST, gpu.assignUuid(1)).orElseThrow();
        object.buffer().get();
        gpu.device.reset();
        gpu.resource(2, 64, 64);

        GpuCommand third = new GpuCommand.ResourceCreate2d(3, 1, 64, 64);
        assertThat(gpu.code(third)).isEqualTo(GpuResult.ERR_OUT_OF_MEMORY);
        object.buffer().put();
        assertThat(gpu.code(third)).isEqualTo(GpuResult.OK_NODATA);
    }

    private HeldBuffer only() {
        assertThat(gpu.device.buffers()).hasSize(1);
        return gpu.device.buffers().getFirst();
    }
}
