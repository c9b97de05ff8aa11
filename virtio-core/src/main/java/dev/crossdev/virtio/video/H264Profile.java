package dev.crossdev.virtio.video;

/** Values of the PROFILE control for H.264 that software decoders have. */
public final class H264Profile {

    public static final int BASELINE = 0x100;
    public static final int MAIN = 0x101;
    public static final int EXTENDED = 0x102;
    public static final int HIGH = 0x103;
    public static final int HIGH10 = 0x104;
    public static final int HIGH422 = 0x105;
    public static final int HIGH444_PREDICTIVE = 0x106;

    private H264Profile() {}
}
