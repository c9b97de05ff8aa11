/** Tests of {@link dev.crossdev.virtio.timing}. */
@NullMarked
package dev.crossdev.virtio.timing;

import org.jspecify.annotations.NullMarked;
