/**
 * The device's side of the split virtqueue (virtio 1.4, Split Virtqueues) over guest memory, mapped or copied: taking
 * buffers that a driver made available, giving them back as used, and the rules of when to notify. Knows bytes and nothing of what they
 * mean, and trusts nothing that a driver wrote: a malformed ring is a {@link
 * dev.crossdev.virtio.queue.RingException}, which a transport turns into DEVICE_NEEDS_RESET.
 */
@NullMarked
package dev.crossdev.virtio.queue;

import org.jspecify.annotations.NullMarked;
