package dev.crossdev.guest;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.VideoStream;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.driver.ServiceLink;
import dev.crossdev.guest.gpu.GpuDriver;
import dev.crossdev.guest.memory.GuestMemoryPool;
import dev.crossdev.guest.video.VideoDriver;
import dev.crossdev.guest.video.VideoEvents;
import org.jspecify.annotations.Nullable;

/** The devices of one run: a gpu that is plugged in, and a video device that waits to be opened. Not thread-safe. */
public final class GuestDevices implements AutoCloseable {

    private final String name;
    private final GpuDriver gpu;
    private final ServiceLink videoLink;
    private final OpenStream openVideo;
    private final GuestMemoryPool memory;
    private final Violations violations;
    private @Nullable VideoDriver video;

    GuestDevices(
            String name,
            GpuDriver gpu,
            ServiceLink videoLink,
            OpenStream openVideo,
            GuestMemoryPool memory,
            Violations violations) {
        this.name = name;
        this.gpu = gpu;
        this.videoLink = videoLink;
        this.openVideo = openVideo;
        this.memory = memory;
        this.violations = violations;
    }

    /** The name of both devices within the guest. */
    public String name() {
        return name;
    }

    /** The gpu driver. */
    public GpuDriver gpu() {
        return gpu;
    }

    /**
     * Opens the video device; its driver asks this gpu driver for the UUIDs of what it imports.
     *
     * @throws ErrnoException {@link dev.crossdev.dmabuf.error.DeviceGoneException} naming the service; what the device
     *     refuses with; ETIMEDOUT; EINTR
     */
    public VideoDriver openVideo() {
        VideoEvents events = new VideoEvents(violations);
        try {
            VideoDriver opened = new VideoDriver(
                    VideoStream.open(
                            videoLink.channel(),
                            openVideo,
                            events,
                            videoLink.answers().patience()),
                    events,
                    memory,
                    videoLink.sharesMemory(),
                    gpu::uuidOf,
                    videoLink.answers());
            video = opened;
            return opened;
        } catch (ErrnoException e) {
            throw videoLink.answers().named(e);
        }
    }

    /** Waits for the video device's answers. */
    public Answers videoAnswers() {
        return videoLink.answers();
    }

    /** Unplugs both, the importer first. */
    @Override
    public void close() {
        try (gpu) {
            if (video != null) {
                video.close();
            }
        }
    }
}
