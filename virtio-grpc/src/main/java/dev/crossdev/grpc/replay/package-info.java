/**
 * Captures against live devices: what a driver once sent is sent again through the raw door, and what the device answers now
 * is compared with what was answered then.
 */
@NullMarked
package dev.crossdev.grpc.replay;

import org.jspecify.annotations.NullMarked;
