package dev.crossdev.gpu.app;

import dev.crossdev.gpu.door.GpuDeviceDoor;
import dev.crossdev.grpc.dialect.GpuDialect;
import dev.crossdev.grpc.dialect.GpuExecuteDialect;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.RawGpuDialect;
import dev.crossdev.service.binding.Hosting;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Singleton;

/** The gpu device's doors as a bean. */
@GrpcService
@Singleton
public class GpuDeviceService extends GpuDeviceDoor {

    GpuDeviceService(Hosting hosting, DeviceHouse<GpuRequest, GpuReply, NoEvent> house) {
        super(
                hosting.stream(house, GpuDialect::new),
                hosting.stream(house, RawGpuDialect::new),
                hosting.execute(house, new GpuExecuteDialect()),
                hosting.describe(house.type()));
    }
}
