package dev.crossdev.guest.fake;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.memory.DescriptorServer;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.StreamMemory;
import dev.crossdev.guest.driver.ServiceAddress;
import dev.crossdev.proto.device.v1.ServiceDescription;
import dev.crossdev.virtio.memory.MemoryRegion;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/** A gRPC server on a port of its own, its one device thread, and its descriptor socket if it has one. */
final class FakeServer implements AutoCloseable {

    private final String name;
    private final ScheduledExecutorService thread;
    private final Optional<DescriptorServer> descriptors;
    private @Nullable Server server;
    private int port;

    FakeServer(String name, Optional<Path> socket) {
        this.name = name;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name(name).factory());
        this.descriptors = socket.map(DescriptorServer::listen);
    }

    void start(List<BindableService> services) {
        NettyServerBuilder builder =
                NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        services.forEach(builder::addService);
        try {
            server = builder.directExecutor().build().start();
            port = server.getPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ScheduledExecutorService thread() {
        return thread;
    }

    ServiceAddress address() {
        return new ServiceAddress(name, "127.0.0.1", port);
    }

    ServiceDescription description(FakeSettings settings) {
        return ServiceDescription.newBuilder()
                .setVersion("test")
                .setDescriptorSocket(
                        descriptors.map(each -> each.path().toString()).orElse(""))
                .setBootId(settings.bootId().bytes())
                .build();
    }

    /** The guest's memory as the device sees it. */
    FakeMemory memory(OpenStream open) {
        return switch (open.memory()) {
            case StreamMemory.Window(List<MemoryRegion> regions) ->
                new FakeMemory(
                        regions.getFirst(),
                        SharedMemory.create("window", regions.getFirst().size()));
            case StreamMemory.Descriptor(ByteString token, List<MemoryRegion> regions) ->
                new FakeMemory(
                        regions.getFirst(),
                        descriptors
                                .flatMap(server -> server.take(MemoryToken.ofBytes(token.toByteArray())))
                                .orElseThrow());
            case StreamMemory.None _ -> throw new IllegalStateException("a guest without memory");
        };
    }

    /** Ends at once, as a killed process does. */
    void kill() {
        running().shutdownNow();
    }

    @Override
    public void close() {
        kill();
        thread.shutdownNow();
        descriptors.ifPresent(DescriptorServer::close);
    }

    private Server running() {
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        return server;
    }
}
