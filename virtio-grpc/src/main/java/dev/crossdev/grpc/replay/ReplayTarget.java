package dev.crossdev.grpc.replay;

import dev.crossdev.virtio.capture.Capture;
import dev.crossdev.virtio.capture.DeviceKind;
import io.grpc.Channel;

/**
 * A capture and where it is replayed.
 *
 * @param name of the capture, for people
 * @param service that hosts devices of its kind
 * @param guest the tenant of the fresh device; captures that belong together need the same
 * @param device the fresh device's name
 */
public record ReplayTarget(
        String name, Capture capture, DeviceKind kind, Channel service, String guest, String device) {}
