package dev.crossdev.virtio.gpu;

import dev.crossdev.virtio.FeatureBit;

/** Feature bits of the GPU device (virtio 1.4, GPU Device, Feature bits). */
public enum GpuFeature implements FeatureBit {
    VIRGL(0),
    EDID(1),
    RESOURCE_UUID(2),
    RESOURCE_BLOB(3),
    CONTEXT_INIT(4),
    BLOB_ALIGNMENT(5);

    private final int bit;

    GpuFeature(int bit) {
        this.bit = bit;
    }

    @Override
    public int bit() {
        return bit;
    }
}
