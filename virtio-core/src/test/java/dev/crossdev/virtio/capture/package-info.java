/** Tests of {@link dev.crossdev.virtio.capture}. */
@NullMarked
package dev.crossdev.virtio.capture;

import org.jspecify.annotations.NullMarked;
