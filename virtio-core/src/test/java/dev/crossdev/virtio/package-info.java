/** Tests of {@link dev.crossdev.virtio}. */
@NullMarked
package dev.crossdev.virtio;

import org.jspecify.annotations.NullMarked;
