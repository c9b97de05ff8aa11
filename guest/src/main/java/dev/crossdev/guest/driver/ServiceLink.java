package dev.crossdev.guest.driver;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.DescriptorClient;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.StreamMemory;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.guest.memory.GuestMemoryPool;
import dev.crossdev.proto.device.v1.ServiceDescription;
import io.grpc.Channel;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The connection to a service: its channel and, on the same machine, the socket over which memory is handed to it. */
public final class ServiceLink implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ServiceLink.class.getName());

    private final Answers answers;
    private final ManagedChannel channel;
    private final ServiceDescription description;
    private final Optional<DescriptorClient> descriptors;

    private ServiceLink(
            Answers answers,
            ManagedChannel channel,
            ServiceDescription description,
            Optional<DescriptorClient> descriptors) {
        this.answers = answers;
        this.channel = channel;
        this.description = description;
        this.descriptors = descriptors;
    }

    /** The service's Describe. */
    @FunctionalInterface
    public interface Describe {

        /** @param deadline of the call */
        ServiceDescription call(Channel channel, Deadline deadline);
    }

    /**
     * Connects and asks the service what it is.
     *
     * @param patience for this and for every answer later
     * @throws ErrnoException DeviceGoneException when nobody is there; ETIMEDOUT; the message names the service
     */
    public static ServiceLink connect(ServiceAddress service, Channels channels, Describe describe, Duration patience) {
        Answers answers = new Answers(service, patience);
        ManagedChannel channel = channels.to(service.host(), service.port(), service.certified());
        try {
            ServiceDescription description =
                    describe.call(channel, Deadline.after(patience.toNanos(), TimeUnit.NANOSECONDS));
            return new ServiceLink(answers, channel, description, descriptors(description, answers));
        } catch (StatusRuntimeException e) {
            channel.shutdownNow();
            throw answers.named(Statuses.toErrno(e));
        }
    }

    private static Optional<DescriptorClient> descriptors(ServiceDescription description, Answers answers) {
        String socket = description.getDescriptorSocket();
        if (socket.isEmpty() || !BootId.of(description.getBootId()).isSameMachine(BootId.local())) {
            return Optional.empty();
        }
        try {
            return Optional.of(DescriptorClient.connect(Path.of(socket), answers.patience()));
        } catch (ErrnoException e) {
            // The same kernel and yet out of reach: another container. Memory travels on the stream then.
            LOG.log(System.Logger.Level.INFO, "{0} cannot share memory: {1}", answers.service(), e.getMessage());
            return Optional.empty();
        }
    }

    /** For calls to the service. */
    public Channel channel() {
        return channel;
    }

    /** Waits for its answers. */
    public Answers answers() {
        return answers;
    }

    /** What the service said of itself. */
    public ServiceDescription description() {
        return description;
    }

    /** Whether its devices map the guest's memory instead of keeping a window. */
    public boolean sharesMemory() {
        return descriptors.isPresent();
    }

    /**
     * Hands the guest's memory over, once for each device that is going to be opened.
     *
     * @throws ErrnoException DeviceGoneException when the connection is lost; ETIMEDOUT; EINTR
     */
    public StreamMemory offer(GuestMemoryPool memory) {
        try {
            return descriptors
                    .<StreamMemory>map(client -> new StreamMemory.Descriptor(
                            ByteString.copyFrom(client.put(memory.memory()).bytes()), memory.regions()))
                    .orElseGet(() -> new StreamMemory.Window(memory.regions()));
        } catch (ErrnoException e) {
            // The socket goes with its service, and often before the channel has noticed.
            throw answers.named(
                    e.errno() == Errno.EPIPE ? new DeviceGoneException(String.valueOf(e.getMessage()), e) : e);
        }
    }

    /** Ends the connection; calls under way fail. */
    @Override
    public void close() {
        descriptors.ifPresent(DescriptorClient::close);
        channel.shutdownNow();
    }
}
