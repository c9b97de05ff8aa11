/** Tests of {@link dev.crossdev.virtio.gpu}. */
@NullMarked
package dev.crossdev.virtio.gpu;

import org.jspecify.annotations.NullMarked;
