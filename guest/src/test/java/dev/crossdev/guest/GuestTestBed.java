package dev.crossdev.guest;

import dev.crossdev.dmabuf.ViolationCounter;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.guest.fake.FakeGpu;
import dev.crossdev.guest.fake.FakeVideo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Both fake services and guests that are connected to them. */
public final class GuestTestBed implements AutoCloseable {

    public final FakeGpu gpu;
    public final FakeVideo video;
    public final ViolationCounter violations = new ViolationCounter();
    private final List<Guest> guests = new ArrayList<>();

    private GuestTestBed(Optional<Path> gpuSocket, Optional<Path> videoSocket) {
        gpu = new FakeGpu(gpuSocket);
        video = new FakeVideo(videoSocket, gpu::knows);
    }

    /** Services that take memory over sockets in this folder. */
    public static GuestTestBed sharing(Path folder) {
        return new GuestTestBed(Optional.of(folder.resolve("gpu.sock")), Optional.of(folder.resolve("video.sock")));
    }

    /** Services that keep windows. */
    public static GuestTestBed remote() {
        return new GuestTestBed(Optional.empty(), Optional.empty());
    }

    public Guest guest(Duration patience) {
        return guest(patience, violations);
    }

    public Guest guest(Duration patience, Violations told) {
        Guest guest =
                Guest.connect(new GuestConfig("default", gpu.address(), video.address(), 16 << 20, patience), told);
        guests.add(guest);
        return guest;
    }

    @Override
    public void close() {
        guests.forEach(Guest::close);
        video.close();
        gpu.close();
    }
}
