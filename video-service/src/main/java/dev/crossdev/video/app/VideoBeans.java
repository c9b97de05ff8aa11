package dev.crossdev.video.app;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.media.MediaLibrary;
import dev.crossdev.service.binding.Directories;
import dev.crossdev.service.binding.Hosting;
import dev.crossdev.service.directory.Directory;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.video.device.DecoderLimits;
import dev.crossdev.video.door.VideoDeviceType;
import dev.crossdev.video.objects.DirectoryImporter;
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
    Directory directory(Directories directories, VideoSettings settings) {
        return directories.directory(HostPort.parse(settings.gpuService()));
    }

    void close(@Disposes Directory directory) {
        directory.close();
    }

    @Produces
    @Singleton
    DirectoryImporter importer(
            Channels channels, Directory directory, VideoSettings settings, MeterRegistry registry, ImportSpans spans) {
        ImportMeter meter = new ImportMeter(registry);
        DirectoryImporter importer = new DirectoryImporter(
                directory,
                address -> new GpuServiceLink(
                        channels, address, settings.placement(), settings.importTime(), meter, spans),
                meter,
                spans::kept);
        Gauge.builder("virtio.mapped.memories", importer, DirectoryImporter::mappedMemories)
                .description("Memories of exporting services that are mapped here")
                .register(registry);
        return importer;
    }

    void close(@Disposes DirectoryImporter importer) {
        importer.close();
    }

    @Produces
    @Singleton
    DeviceHouse<VideoCommand, VideoResponse, VideoEvent> house(
            Hosting hosting, VideoSettings settings, DirectoryImporter importer, ImportSpans spans) {
        return hosting.house(new VideoDeviceType(spans.around(importer), limits(settings)));
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
