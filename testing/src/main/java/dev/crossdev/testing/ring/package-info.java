/**
 * The driver's side of a split virtqueue, for tests of whatever has the device's side: written from the specification and
 * from nothing of the device's side, so that both cannot make the same mistake. Knows bytes and no device.
 */
@NullMarked
package dev.crossdev.testing.ring;

import org.jspecify.annotations.NullMarked;
