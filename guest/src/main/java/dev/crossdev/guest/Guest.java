package dev.crossdev.guest;

import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.GpuStream;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.guest.driver.ServiceLink;
import dev.crossdev.guest.driver.ViolationListener;
import dev.crossdev.guest.gpu.GpuDriver;
import dev.crossdev.guest.memory.GuestMemoryPool;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.trace.RegistrationTraces;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A tenant: its memory, its connections to the two services, and the devices that it is given. Connecting is slow and is
 * done once; devices come and go with each run.
 */
public final class Guest implements AutoCloseable {

    private final GuestConfig config;
    private final Violations violations;
    private final GuestMemoryPool memory;
    private final ServiceLink gpu;
    private final ServiceLink video;
    private final DmaBufList dmaBufs;
    private final AtomicInteger devices = new AtomicInteger();

    private Guest(
            GuestConfig config, Violations violations, GuestMemoryPool memory, ServiceLink gpu, ServiceLink video) {
        this.config = config;
        this.violations = violations;
        this.memory = memory;
        this.gpu = gpu;
        this.video = video;
        this.dmaBufs = new DmaBufList(violations);
    }

    /**
     * Starts a guest: takes its memory and connects to both services.
     *
     * @param violations hears of what any peer does against the protocol
     * @throws ErrnoException {@link dev.crossdev.dmabuf.error.DeviceGoneException} naming the service that cannot be
     *     reached; ETIMEDOUT; ENOMEM
     */
    public static Guest connect(GuestConfig config, Violations violations) {
        ServiceLink gpu = ServiceLink.connect(
                config.gpu(),
                config.channels(),
                (channel, deadline) -> GpuDeviceGrpc.newBlockingStub(channel)
                        .withDeadline(deadline)
                        .describe(dev.crossdev.proto.gpu.v1.DescribeRequest.getDefaultInstance())
                        .getService(),
                config.patience());
        try {
            ServiceLink video = ServiceLink.connect(
                    config.video(),
                    config.channels(),
                    (channel, deadline) -> VideoDeviceGrpc.newBlockingStub(channel)
                            .withDeadline(deadline)
                            .describe(dev.crossdev.proto.video.v1.DescribeRequest.getDefaultInstance())
                            .getService(),
                    config.patience());
            try {
                GuestMemoryPool memory = new GuestMemoryPool("guest " + config.name(), config.memoryBytes());
                return new Guest(config, violations, memory, gpu, video);
            } catch (RuntimeException e) {
                video.close();
                throw e;
            }
        } catch (RuntimeException e) {
            gpu.close();
            throw e;
        }
    }

    /**
     * Plugs in a gpu device and prepares a video device of the same new name. Memory is handed to both services here, so
     * that opening the video device later costs nothing that a kernel would not do either.
     *
     * @param strategy of the gpu driver
     * @throws ErrnoException as {@link #connect}
     */
    public GuestDevices plug(RegistrationStrategy strategy) {
        String name = config.devices() + devices.getAndIncrement();
        OpenStream open = OpenStream.of(config.name(), name);
        try {
            OpenStream openVideo = open.withMemory(video.offer(memory));
            GpuDriver gpuDriver = new GpuDriver(
                    GpuStream.open(
                            gpu.channel(),
                            open.withMemory(gpu.offer(memory)),
                            new ViolationListener<>(violations),
                            config.patience()),
                    memory,
                    strategy,
                    gpu.answers(),
                    dmaBufs,
                    violations);
            return new GuestDevices(name, gpuDriver, video, openVideo, memory, violations);
        } catch (ErrnoException e) {
            throw gpu.answers().named(e);
        }
    }

    /** The tenant's name. */
    public String name() {
        return config.name();
    }

    /** Makes the traces of its registrations. */
    public RegistrationTraces traces() {
        return config.traces();
    }

    /** Its memory. */
    public GuestMemoryPool memory() {
        return memory;
    }

    /** The buffers that its drivers export. */
    public DmaBufList dmaBufs() {
        return dmaBufs;
    }

    /** The connection to gpu-service, for calls beside the devices. */
    public ServiceLink gpuLink() {
        return gpu;
    }

    /** The connection to video-service, for calls beside the devices. */
    public ServiceLink videoLink() {
        return video;
    }

    /** Ends the connections and lets go of the memory. */
    @Override
    public void close() {
        dmaBufs.close();
        video.close();
        gpu.close();
        memory.close();
    }
}
