package dev.crossdev.guest.timeline;

/** What is noted of every buffer, in the order in which the deferred strategy meets it. */
public enum Moment {
    /** The allocating call returned. */
    ALLOCATED,
    /** The exporting call returned. */
    EXPORTED,
    /** RESOURCE_ASSIGN_UUID was handed to the gpu device's command stream. */
    REGISTRATION_SENT,
    /** The gpu device took RESOURCE_ASSIGN_UUID from its queue; the device's own clock. */
    DEVICE_RECEIVED,
    /** The gpu device answered it; the device's own clock. */
    DEVICE_ANSWERED,
    /** The guest's driver put the answer into the buffer's field. */
    ANSWER_HANDLED,
    /** The importer asked for the UUID, the first time. */
    GET_UUID_CALLED,
    /** That question was answered, with a UUID, an error or sixteen zero bytes. */
    GET_UUID_RETURNED,
    /** The video device answered that it holds the object. */
    IMPORTED,
    /** A frame in this buffer was on the scanout for the first time. */
    FIRST_FRAME
}
