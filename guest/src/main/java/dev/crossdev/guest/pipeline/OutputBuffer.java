package dev.crossdev.guest.pipeline;

import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.guest.gpu.GpuBuffer;

/**
 * An output buffer on its way through the pipeline.
 *
 * @param number within the run, from 0
 * @param buffer the gpu driver's
 * @param dmaBuf as it was exported, with a reference of the pipeline's own
 */
record OutputBuffer(int number, GpuBuffer buffer, DmaBuf dmaBuf) {

    /** As the video device knows it; 0 is left out, as no driver uses it. */
    int videoResource() {
        return number + 1;
    }
}
