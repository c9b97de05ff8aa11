package dev.crossdev.gpu.device;

import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;

/** The answers that say nothing but their code. */
final class Answers {
    static final GpuResponse OK = new GpuResponse.OkNodata();
    static final GpuResponse UNSPEC = new GpuResponse.Err(GpuResult.ERR_UNSPEC);
    static final GpuResponse OUT_OF_MEMORY = new GpuResponse.Err(GpuResult.ERR_OUT_OF_MEMORY);
    static final GpuResponse INVALID_SCANOUT_ID = new GpuResponse.Err(GpuResult.ERR_INVALID_SCANOUT_ID);
    static final GpuResponse INVALID_RESOURCE_ID = new GpuResponse.Err(GpuResult.ERR_INVALID_RESOURCE_ID);
    static final GpuResponse INVALID_PARAMETER = new GpuResponse.Err(GpuResult.ERR_INVALID_PARAMETER);

    private Answers() {}
}
