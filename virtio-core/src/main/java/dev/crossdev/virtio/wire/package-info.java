/**
 * Bounds-checked, little-endian reading and writing of what lies in a virtqueue buffer. Knows bytes and nothing of what
 * they mean.
 */
@NullMarked
package dev.crossdev.virtio.wire;

import org.jspecify.annotations.NullMarked;
