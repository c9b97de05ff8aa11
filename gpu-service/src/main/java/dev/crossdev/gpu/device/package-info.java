/**
 * What a virtio-gpu device does: commands in, answers out. Resources, their host copies and backings, blobs of guest memory,
 * scanouts, the pointer, the limits. Knows nothing of gRPC, of how commands travel, of who imports an object, or of metrics; the
 * exports stand behind {@link dev.crossdev.gpu.device.ObjectExports}.
 *
 * <p>Two kinds of memory, two lives: a 2D resource's host copy is the device's, and importers keep it however its resource
 * ends; a blob is the guest's, and whatever takes it away is answered only when every importer has let go ({@link
 * dev.crossdev.gpu.device.ObjectExport#revoke}).
 */
@NullMarked
package dev.crossdev.gpu.device;

import org.jspecify.annotations.NullMarked;
