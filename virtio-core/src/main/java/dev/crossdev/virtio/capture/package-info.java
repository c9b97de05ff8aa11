/**
 * The wire log: what travels between a driver and a device, as text that people, tools and tests read. The format and its
 * reader and writer, what a tap asks of a device type, and the comparison of a capture with what a device answers now.
 *
 * <p>The format is described in {@code docs/wire-log.md}. Nothing here knows how exchanges reach a file or a device.
 */
@NullMarked
package dev.crossdev.virtio.capture;

import org.jspecify.annotations.NullMarked;
