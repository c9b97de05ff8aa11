package dev.crossdev.guest;

import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.GpuStream;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.status.HostedElsewhereException;
import dev.crossdev.guest.driver.Instances;
import dev.crossdev.guest.driver.ServiceAddress;
import dev.crossdev.guest.driver.ServiceLink;
import dev.crossdev.guest.driver.ViolationListener;
import dev.crossdev.guest.gpu.GpuDriver;
import dev.crossdev.guest.memory.GuestMemoryPool;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.trace.RegistrationTraces;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A tenant: its memory, its connections to the two services, and the devices that it is given. Connecting is slow and is
 * done once; devices come and go with each run.
 */
public final class Guest implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Guest.class.getName());

    private final GuestConfig config;
    private final Violations violations;
    private final GuestMemoryPool memory;
    private final ServiceLink video;
    /** Of gpu-service's instances; where devices are plugged in is the last. */
    private final List<ServiceLink> gpus = new CopyOnWriteArrayList<>();

    private final DmaBufList dmaBufs;
    private final AtomicInteger devices = new AtomicInteger();

    private Guest(
            GuestConfig config, Violations violations, GuestMemoryPool memory, ServiceLink gpu, ServiceLink video) {
        this.config = config;
        this.violations = violations;
        this.memory = memory;
        this.gpus.add(gpu);
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
        ServiceLink gpu = first(config.gpu(), config, each -> connectGpu(each, config));
        try {
            ServiceLink video = first(config.video(), config, each -> connectVideo(each, config));
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

    /** The first instance that is there, in the order in which this guest tries them. */
    private static ServiceLink first(
            ServiceAddress service, GuestConfig config, Function<ServiceAddress, ServiceLink> connect) {
        List<ServiceAddress> instances = Instances.of(service, config.name());
        for (ServiceAddress instance : instances.subList(0, instances.size() - 1)) {
            try {
                return connect.apply(instance);
            } catch (DeviceGoneException e) {
                LOG.log(System.Logger.Level.INFO, "{0}; trying the next instance", e.getMessage());
            }
        }
        return connect.apply(instances.getLast());
    }

    private static ServiceLink connectGpu(ServiceAddress instance, GuestConfig config) {
        return ServiceLink.connect(
                instance,
                config.channels(),
                (channel, deadline) -> GpuDeviceGrpc.newBlockingStub(channel)
                        .withDeadline(deadline)
                        .describe(dev.crossdev.proto.gpu.v1.DescribeRequest.getDefaultInstance())
                        .getService(),
                config.patience());
    }

    private static ServiceLink connectVideo(ServiceAddress instance, GuestConfig config) {
        return ServiceLink.connect(
                instance,
                config.channels(),
                (channel, deadline) -> VideoDeviceGrpc.newBlockingStub(channel)
                        .withDeadline(deadline)
                        .describe(dev.crossdev.proto.video.v1.DescribeRequest.getDefaultInstance())
                        .getService(),
                config.patience());
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
        OpenStream openVideo = open.withMemory(video.offer(memory));
        GpuDriver gpuDriver;
        try {
            gpuDriver = gpu(open, strategy);
        } catch (HostedElsewhereException e) {
            gpus.add(connectGpu(gpuLink().answers().service().movedTo(e.instance()), config));
            gpuDriver = gpu(open, strategy);
        }
        return new GuestDevices(name, gpuDriver, video, openVideo, memory, violations);
    }

    private GpuDriver gpu(OpenStream open, RegistrationStrategy strategy) {
        ServiceLink gpu = gpuLink();
        try {
            return new GpuDriver(
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
        } catch (HostedElsewhereException e) {
            throw e;
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

    /** The connection to the gpu-service where devices are plugged in, for calls beside the devices. */
    public ServiceLink gpuLink() {
        return gpus.getLast();
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
        gpus.forEach(ServiceLink::close);
        memory.close();
    }
}
