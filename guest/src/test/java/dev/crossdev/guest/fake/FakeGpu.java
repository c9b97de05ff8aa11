package dev.crossdev.guest.fake;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.dialect.GpuDialect;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.StreamOpened;
import dev.crossdev.guest.driver.ServiceAddress;
import dev.crossdev.guest.fake.FakeStream.Answer;
import dev.crossdev.proto.admin.v1.CaptureScanoutRequest;
import dev.crossdev.proto.admin.v1.CaptureScanoutResponse;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ScanoutHeader;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.gpu.v1.DescribeRequest;
import dev.crossdev.proto.gpu.v1.DescribeResponse;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreate2d;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceFlush;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanout;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResponse.OkNodata;
import dev.crossdev.virtio.gpu.GpuResponse.OkResourceUuid;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A gpu service that mints UUIDs, counts flushes, and answers everything else with OK. */
public final class FakeGpu implements AutoCloseable {

    /** Answers a command in place of the service; empty leaves it to the service. */
    public interface Script extends Function<GpuCommand, Optional<GpuResponse>> {}

    private static final Script NONE = command -> Optional.empty();

    private final FakeSettings settings = new FakeSettings();
    private final FakeServer server;
    private final Map<Integer, UUID> uuids = new ConcurrentHashMap<>();
    private final Set<UUID> issued = ConcurrentHashMap.newKeySet();
    private final List<GpuCommand> commands = new CopyOnWriteArrayList<>();
    private final Queue<Runnable> withheld = new ConcurrentLinkedQueue<>();
    private volatile Features features = Features.of(GpuFeature.RESOURCE_UUID);
    private volatile Script script = NONE;
    private volatile boolean withholdUuids;
    private volatile long flushes;
    private volatile long countedFlushes;
    private volatile int width;
    private volatile int height;
    private volatile @Nullable FakeStream<GpuRequest, GpuReply, NoEvent, CommandStreamRequest, CommandStreamResponse>
            stream;

    /** @param socket where it takes memory; without one guests have a window */
    public FakeGpu(Optional<Path> socket) {
        server = new FakeServer("gpu-service", socket);
        server.start(List.of(new Door(), new Admin()));
    }

    /** Where it is. */
    public ServiceAddress address() {
        return server.address();
    }

    /** What a test may change. */
    public FakeSettings settings() {
        return settings;
    }

    /** Which features it offers. */
    public void setFeatures(Features offered) {
        features = offered;
    }

    /** How it answers from now on. */
    public void setScript(Script answers) {
        script = answers;
    }

    /** From now on RESOURCE_ASSIGN_UUID is done and its answer kept back. */
    public void withholdUuids() {
        withholdUuids = true;
    }

    /** The answers that were kept back go out, and later ones at once. */
    public void releaseUuids() {
        withholdUuids = false;
        server.thread().execute(() -> {
            for (Runnable answer = withheld.poll(); answer != null; answer = withheld.poll()) {
                answer.run();
            }
        });
    }

    /** The next flushes are not counted. */
    public void forgetFlushes(int number) {
        countedFlushes -= number;
    }

    /** What it was told to do, in order. */
    public List<GpuCommand> commands() {
        return commands;
    }

    /** Commands of a kind. */
    public <C extends GpuCommand> List<C> commands(Class<C> kind) {
        return commands.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** Whether this UUID names something. */
    public boolean knows(UUID uuid) {
        return issued.contains(uuid);
    }

    /** The UUID of a resource. */
    public Optional<UUID> uuidOf(int resource) {
        return Optional.ofNullable(uuids.get(resource));
    }

    /** Resets the device. */
    public void reset() {
        uuids.clear();
        issued.clear();
        current().reset(2);
    }

    /** Ends the device's stream with a status. */
    public void unplug() {
        current().unplug("pulled out");
    }

    /** Ends as a killed process does. */
    public void kill() {
        server.kill();
    }

    @Override
    public void close() {
        server.close();
    }

    private FakeStream<GpuRequest, GpuReply, NoEvent, CommandStreamRequest, CommandStreamResponse> current() {
        var now = stream;
        if (now == null) {
            throw new IllegalStateException("nobody has opened the device");
        }
        return now;
    }

    private GpuResponse respond(GpuCommand command) {
        return switch (command) {
            case ResourceAssignUuid(int resource) -> {
                UUID uuid = uuids.computeIfAbsent(resource, _ -> UUID.randomUUID());
                issued.add(uuid);
                yield new OkResourceUuid(uuid);
            }
            case ResourceUnref(int resource) -> {
                UUID uuid = uuids.remove(resource);
                if (uuid != null) {
                    issued.remove(uuid);
                }
                yield new OkNodata();
            }
            case ResourceCreate2d create -> {
                width = create.width();
                height = create.height();
                yield new OkNodata();
            }
            case ResourceFlush _ -> {
                flushes++;
                countedFlushes++;
                yield new OkNodata();
            }
            case SetScanout _ -> new OkNodata();
            default -> new OkNodata();
        };
    }

    private final class Door extends GpuDeviceGrpc.GpuDeviceImplBase {

        @Override
        public void describe(DescribeRequest request, StreamObserver<DescribeResponse> observer) {
            observer.onNext(DescribeResponse.newBuilder()
                    .setService(server.description(settings))
                    .build());
            observer.onCompleted();
        }

        @Override
        public StreamObserver<CommandStreamRequest> commandStream(StreamObserver<CommandStreamResponse> observer) {
            var made = new FakeStream<>(server.thread(), settings, new GpuDialect(), new DeviceBackend(), observer);
            stream = made;
            return made;
        }
    }

    private final class DeviceBackend implements FakeStream.Backend<GpuRequest, GpuReply, NoEvent> {

        @Override
        public StreamOpened opened(OpenStream open) {
            server.memory(open).close(); // Nothing is ever transferred from the backing.
            flushes = 0;
            countedFlushes = 0;
            return new StreamOpened(features, ByteString.EMPTY, 1, settings.bootId());
        }

        @Override
        public void memoryWritten(long address, byte[] data) {
            throw new IllegalStateException("the pipeline writes no pixel");
        }

        @Override
        public void execute(GpuRequest request, Answer<GpuReply> answer) {
            commands.add(request.command());
            GpuResponse response = script.apply(request.command()).orElseGet(() -> respond(request.command()));
            Runnable send = () -> answer.is(request.reply(response));
            if (withholdUuids && request.command() instanceof ResourceAssignUuid) {
                withheld.add(send);
            } else {
                send.run();
            }
        }
    }

    /** Shows a scanout whose every byte is the number of flushes. */
    private final class Admin extends DeviceAdminGrpc.DeviceAdminImplBase {

        @Override
        public void captureScanout(CaptureScanoutRequest request, StreamObserver<CaptureScanoutResponse> observer) {
            byte[] pixels = new byte[4 * width * height];
            Arrays.fill(pixels, (byte) flushes);
            observer.onNext(CaptureScanoutResponse.newBuilder()
                    .setHeader(ScanoutHeader.newBuilder()
                            .setWidth(width)
                            .setHeight(height)
                            .setFormat(1)
                            .setFlushCount(countedFlushes))
                    .build());
            int half = pixels.length / 2 + 1;
            observer.onNext(CaptureScanoutResponse.newBuilder()
                    .setData(ByteString.copyFrom(pixels, 0, half))
                    .build());
            observer.onNext(CaptureScanoutResponse.newBuilder()
                    .setData(ByteString.copyFrom(pixels, half, pixels.length - half))
                    .build());
            observer.onCompleted();
        }
    }
}
