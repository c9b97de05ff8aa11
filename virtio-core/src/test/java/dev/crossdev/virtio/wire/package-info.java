/** Tests of {@link dev.crossdev.virtio.wire}. */
@NullMarked
package dev.crossdev.virtio.wire;

import org.jspecify.annotations.NullMarked;
