package dev.crossdev.virtio.gpu;

/** Numbers of RESOURCE_CREATE_BLOB: where a blob's memory comes from, and what the guest will do with it. */
public final class BlobMem {

    public static final int GUEST = 1;
    public static final int HOST3D = 2;
    public static final int HOST3D_GUEST = 3;

    public static final int FLAG_USE_MAPPABLE = 1;
    public static final int FLAG_USE_SHAREABLE = 1 << 1;

    /** Only a blob with this flag may have a UUID (Linux virtgpu_prime.c). */
    public static final int FLAG_USE_CROSS_DEVICE = 1 << 2;

    private BlobMem() {}
}
