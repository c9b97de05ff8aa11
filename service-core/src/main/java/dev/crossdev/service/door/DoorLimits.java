package dev.crossdev.service.door;

import java.time.Duration;

/**
 * How much one stream may have under way.
 *
 * @param prefetch messages that a client may send ahead
 * @param backlogMark answers that a client has not read yet, above which nothing more is read from it
 * @param backlogLimit the same, above which its stream fails
 * @param pending commands that may be with the device
 * @param halfCloseGrace how long a client that has finished sending is served
 */
public record DoorLimits(int prefetch, int backlogMark, int backlogLimit, int pending, Duration halfCloseGrace) {}
