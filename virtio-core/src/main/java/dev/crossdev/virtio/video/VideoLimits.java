package dev.crossdev.virtio.video;

/** Sizes that the dialect fixes. */
public final class VideoLimits {

    /** VIRTIO_VIDEO_MAX_PLANES: the length of every per-plane array. */
    public static final int MAX_PLANES = 8;

    /** Bytes of a stream's tag, a trailing zero included. */
    public static final int TAG_BYTES = 64;

    /** Most format descriptions in one answer to QUERY_CAPABILITY: their pairing is a 64-bit mask. */
    public static final int MAX_FORMATS = 64;

    private VideoLimits() {}
}
