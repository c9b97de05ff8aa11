/**
 * What a virtio-gpu device does: commands in, answers out. Resources, their host copies and backings, scanouts, the
 * pointer, the limits. Knows nothing of gRPC, of how commands travel, of who imports an object, or of metrics; the
 * exports stand behind {@link dev.crossdev.gpu.device.ObjectExports}.
 */
@NullMarked
package dev.crossdev.gpu.device;

import org.jspecify.annotations.NullMarked;
