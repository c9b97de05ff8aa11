package dev.crossdev.video.app;

import dev.crossdev.grpc.dialect.RawVideoDialect;
import dev.crossdev.grpc.dialect.VideoDialect;
import dev.crossdev.grpc.dialect.VideoExecuteDialect;
import dev.crossdev.service.binding.Hosting;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.video.door.VideoDeviceDoor;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoResponse;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Singleton;

/** The video device's doors as a bean. */
@GrpcService
@Singleton
public class VideoDeviceService extends VideoDeviceDoor {

    VideoDeviceService(Hosting hosting, DeviceHouse<VideoCommand, VideoResponse, VideoEvent> house) {
        super(
                hosting.stream(house, VideoDialect::new),
                hosting.stream(house, RawVideoDialect::new),
                hosting.execute(house, new VideoExecuteDialect()),
                hosting.describe(house.type()));
    }
}
