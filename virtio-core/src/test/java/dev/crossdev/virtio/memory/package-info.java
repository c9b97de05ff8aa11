/** Tests of {@link dev.crossdev.virtio.memory}. */
@NullMarked
package dev.crossdev.virtio.memory;

import org.jspecify.annotations.NullMarked;
