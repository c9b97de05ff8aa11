/**
 * The operator's door, {@code virtio.admin.v1.DeviceAdmin}, the same in both services.
 */
@NullMarked
package dev.crossdev.service.admin;

import org.jspecify.annotations.NullMarked;
