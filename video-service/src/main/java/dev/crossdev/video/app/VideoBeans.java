package dev.crossdev.video.app;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.media.MediaLibrary;
import dev.crossdev.service.binding.Hosting;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.video.device.DecoderLimits;
import dev.crossdev.video.door.VideoDeviceType;
import dev.crossdev.video.objects.SharedObjectsImporter;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoResponse;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;

/** Puts the service together. */
final class VideoBeans {

    /** Loading the decoder's libraries takes up to a second, which nobody's first frame should pay. */
    void preload(@Observes @Priority(Interceptor.Priority.LIBRARY_BEFORE) StartupEvent event) {
        MediaLibrary.preload();
    }

    @Produces
    @Singleton
    GpuServiceLink gpuService(Channels channels, VideoSettings settings, MeterRegistry registry, ImportSpans spans) {
        GpuServiceLink link = new GpuServiceLink(
                channels,
                HostPort.parse(settings.gpuService()),
                settings.placement(),
                settings.importTime(),
                new ImportMeter(registry),
                spans);
        Gauge.builder("virtio.mapped.memories", link.importer(), SharedObjectsImporter::mappedMemories)
                .description("Memories of the exporting service that are mapped here")
                .register(registry);
        return link;
    }

    void close(@Disposes GpuServiceLink link) {
        link.close();
    }

    @Produces
    @Singleton
    DeviceHouse<VideoCommand, VideoResponse, VideoEvent> house(
            Hosting hosting, VideoSettings settings, GpuServiceLink gpuService, ImportSpans spans) {
        return hosting.house(new VideoDeviceType(spans.around(gpuService.importer()), limits(settings)));
    }

    private static DecoderLimits limits(VideoSettings settings) {
        return new DecoderLimits(
                settings.maxStreams(),
                settings.maxBuffers(),
                settings.maxInputBytes(),
                settings.maxWidth(),
                settings.maxHeight(),
                settings.fenceWait(),
                settings.fenceHold(),
                settings.stopWait());
    }
}
