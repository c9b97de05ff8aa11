package dev.crossdev.media;

import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;

/** The matrix by which luma and chroma were made from red, green and blue (ITU-T H.273, MatrixCoefficients). */
public enum ColorMatrix {
    /** BT.601, both of its 525 and 625 line forms. */
    BT601(swscale.SWS_CS_ITU601),
    /** BT.709. */
    BT709(swscale.SWS_CS_ITU709),
    /** FCC 1953. */
    FCC(swscale.SWS_CS_FCC),
    /** SMPTE 240M. */
    SMPTE240M(swscale.SWS_CS_SMPTE240M),
    /** BT.2020 with non-constant luminance. */
    BT2020(swscale.SWS_CS_BT2020),
    /** No matrix: the planes are green, blue and red. */
    IDENTITY(swscale.SWS_CS_DEFAULT);

    private final int swscaleNumber;

    ColorMatrix(int swscaleNumber) {
        this.swscaleNumber = swscaleNumber;
    }

    int swscaleNumber() {
        return swscaleNumber;
    }

    /**
     * The matrix that a stream says, or what players assume when it says nothing or something that libswscale cannot
     * do: BT.709 from 1280 pixels of width or more than 576 lines on, else BT.601 (the rule of mpv and others;
     * libswscale alone would always take BT.601).
     */
    static ColorMatrix of(int colorspace, int width, int height) {
        return switch (colorspace) {
            case avutil.AVCOL_SPC_RGB -> IDENTITY;
            case avutil.AVCOL_SPC_BT709 -> BT709;
            case avutil.AVCOL_SPC_FCC -> FCC;
            case avutil.AVCOL_SPC_BT470BG, avutil.AVCOL_SPC_SMPTE170M -> BT601;
            case avutil.AVCOL_SPC_SMPTE240M -> SMPTE240M;
            case avutil.AVCOL_SPC_BT2020_NCL -> BT2020;
            default -> width >= 1280 || height > 576 ? BT709 : BT601;
        };
    }
}
