package dev.crossdev.cli.run;

import dev.crossdev.grpc.admin.Timings;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.SetTimingRequest;
import dev.crossdev.virtio.timing.DeviceTiming;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;

/** Sets the timing of all devices of a service, those to come included. */
final class DeviceTimings {

    private static final long DEADLINE_SECONDS = 5;

    private DeviceTimings() {}

    /** @throws dev.crossdev.dmabuf.error.ErrnoException when the service cannot be asked or refuses */
    static void set(Channel service, DeviceTiming timing) {
        try {
            // The answer says nothing that a status would not.
            var _ = DeviceAdminGrpc.newBlockingStub(service)
                    .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
                    .setTiming(SetTimingRequest.newBuilder()
                            .setTiming(Timings.toProto(timing))
                            .build());
        } catch (StatusRuntimeException e) {
            throw Statuses.toErrno(e);
        }
    }
}
