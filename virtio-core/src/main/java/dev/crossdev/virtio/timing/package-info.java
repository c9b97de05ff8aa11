/**
 * Slower and broken devices: transit and service times and faults, added at a device's edge so that neither the device
 * nor the guest knows. Knows no device type; a small strategy tells it what an error or another UUID looks like.
 */
@NullMarked
package dev.crossdev.virtio.timing;

import org.jspecify.annotations.NullMarked;
