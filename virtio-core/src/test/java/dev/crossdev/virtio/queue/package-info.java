/** Tests of {@link dev.crossdev.virtio.queue}, against a driver that knows nothing of it. */
@NullMarked
package dev.crossdev.virtio.queue;

import org.jspecify.annotations.NullMarked;
