package dev.crossdev.virtio.gpu;

/**
 * What every request and answer begins with, apart from its type (24 bytes on the wire; virtio 1.4, GPU device, Request
 * header).
 *
 * @param flags {@link #FENCE}, {@link #INFO_RING_IDX}; others are kept as they came
 * @param fenceId meaningful only when fenced
 * @param contextId 3D only
 * @param ringIndex 0 to 255 (the spec uses 0 to 63), only with {@link #INFO_RING_IDX}
 */
public record GpuHeader(int flags, long fenceId, int contextId, int ringIndex) {

    public static final int FENCE = 1;
    public static final int INFO_RING_IDX = 1 << 1;

    /** No fence, no context. */
    public static final GpuHeader NONE = new GpuHeader(0, 0, 0, 0);

    public GpuHeader {
        if (ringIndex < 0 || ringIndex > 0xff) {
            throw new IllegalArgumentException("ring index " + ringIndex);
        }
    }

    public static GpuHeader fence(long fenceId) {
        return new GpuHeader(FENCE, fenceId, 0, 0);
    }

    /** The answer to this must wait until the work is done. */
    public boolean fenced() {
        return (flags & FENCE) != 0;
    }

    /** The fence lies on the timeline (context, ring index), not on the one that all contexts share. */
    public boolean hasTimeline() {
        return (flags & INFO_RING_IDX) != 0;
    }

    /**
     * The header of the answer to a request with this header: its fence and timeline, and nothing when it has no fence.
     * So crosvm answers (devices/src/virtio/gpu/mod.rs); QEMU (virtio-gpu.c, virtio_gpu_ctrl_response) leaves the ring index out
     * because its 2D device knows no timelines.
     */
    public GpuHeader ofAnswer() {
        if (!fenced()) {
            return NONE;
        }
        return hasTimeline()
                ? new GpuHeader(FENCE | INFO_RING_IDX, fenceId, contextId, ringIndex)
                : new GpuHeader(FENCE, fenceId, contextId, 0);
    }
}
