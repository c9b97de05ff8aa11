package dev.crossdev.service.registration;

/** What happens to a buffer until its first frame, in the order in which the deferred strategy meets it. */
public enum Moment {
    ALLOCATED,
    EXPORTED,
    SENT,
    DEVICE_RECEIVED,
    DEVICE_ANSWERED,
    HANDLED,
    GET_UUID_CALLED,
    GET_UUID_RETURNED,
    IMPORTED,
    FIRST_FRAME
}
