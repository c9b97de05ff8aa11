/**
 * The back end of vhost-user (docs/interop/vhost-user.rst of QEMU): a VMM's device, with its rings and RAM handed over as
 * descriptors. {@link dev.crossdev.service.vhostuser.VhostUserServer} listens; everything about a device is {@link
 * dev.crossdev.service.virtqueue}'s. Knows no device type.
 *
 * <p>All numbers are in the machine's own byte order, which is little-endian on the machines that this project runs on.
 */
@NullMarked
package dev.crossdev.service.vhostuser;

import org.jspecify.annotations.NullMarked;
