/** Tests of {@link dev.crossdev.virtio.decode}. */
@NullMarked
package dev.crossdev.virtio.decode;

import org.jspecify.annotations.NullMarked;
