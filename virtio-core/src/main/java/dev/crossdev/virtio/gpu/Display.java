package dev.crossdev.virtio.gpu;

/**
 * One scanout in the answer to GET_DISPLAY_INFO.
 *
 * @param enabled roughly "a monitor is plugged in"
 * @param flags none are defined
 */
public record Display(Rect rect, boolean enabled, int flags) {

    public static final Display ABSENT = new Display(Rect.EMPTY, false, 0);
}
