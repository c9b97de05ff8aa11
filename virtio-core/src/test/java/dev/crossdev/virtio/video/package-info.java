/** Tests of {@link dev.crossdev.virtio.video}. */
@NullMarked
package dev.crossdev.virtio.video;

import org.jspecify.annotations.NullMarked;
