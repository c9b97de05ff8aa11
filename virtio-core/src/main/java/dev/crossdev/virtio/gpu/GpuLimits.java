package dev.crossdev.virtio.gpu;

/** Sizes that the GPU device type fixes, and one limit that QEMU set and guests live with. */
public final class GpuLimits {

    /** VIRTIO_GPU_MAX_SCANOUTS: the display information always has this many entries. */
    public static final int MAX_SCANOUTS = 16;

    /** Most memory entries one resource's backing may have (QEMU virtio-gpu.c, virtio_gpu_create_mapping_iov). */
    public static final int MAX_BACKING_ENTRIES = 16384;

    /** Bytes of the EDID field in the answer to GET_EDID, whatever the EDID's own size. */
    public static final int EDID_BYTES = 1024;

    /** Width and height of a cursor image in pixels (virtio 1.4, Configure mouse cursor). */
    public static final int CURSOR_SIZE = 64;

    /** Planes in SET_SCANOUT_BLOB. */
    public static final int MAX_PLANES = 4;

    private GpuLimits() {}
}
