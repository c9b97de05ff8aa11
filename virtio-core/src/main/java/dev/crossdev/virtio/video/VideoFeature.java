package dev.crossdev.virtio.video;

import dev.crossdev.virtio.FeatureBit;

/** Feature bits of the video devices (virtio-video RFC v3). A device offers at least one of the first and the last. */
public enum VideoFeature implements FeatureBit {
    RESOURCE_GUEST_PAGES(0),
    RESOURCE_NON_CONTIG(1),
    RESOURCE_VIRTIO_OBJECT(2);

    private final int bit;

    VideoFeature(int bit) {
        this.bit = bit;
    }

    @Override
    public int bit() {
        return bit;
    }
}
