/**
 * The words of virtio-gpu: commands, answers, their numbers and their bytes. Used by both ends, so nothing here decides
 * what a device does or what a driver asks for.
 *
 * <p>Every 32-bit number of the wire is an {@code int} and every 64-bit number a {@code long}, both to be read as
 * unsigned.
 */
@NullMarked
package dev.crossdev.virtio.gpu;

import org.jspecify.annotations.NullMarked;
