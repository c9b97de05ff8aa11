/**
 * The third door to a device: a guest's own virtqueues, whichever transport tells of them (vhost-user, a PCI function). A
 * transport knows sockets, registers and interrupts; {@link dev.crossdev.service.virtqueue.VirtqueueDoor} knows rings, the
 * house of devices and the order of things; neither knows a device's commands, which a {@link
 * dev.crossdev.service.virtqueue.QueueForm} brings.
 *
 * <p>What a transport does, in this order: {@link dev.crossdev.service.virtqueue.VirtqueueDoor#plug} with the machine's
 * {@link dev.crossdev.virtio.memory.RamGuestMemory}, which it keeps up to date; {@link
 * dev.crossdev.service.virtqueue.GuestDevice#accept} with the features that the driver took; {@link
 * dev.crossdev.service.virtqueue.GuestDevice#start} for each queue that the driver made; {@link
 * dev.crossdev.service.virtqueue.GuestDevice#serve} at each kick; in the end {@link
 * dev.crossdev.service.virtqueue.GuestDevice#close}.
 */
@NullMarked
package dev.crossdev.service.virtqueue;

import org.jspecify.annotations.NullMarked;
