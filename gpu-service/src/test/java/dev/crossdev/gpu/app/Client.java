package dev.crossdev.gpu.app;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.GpuStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.StreamMemory;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.memory.MemoryRegion;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A client of the service under test: one connection. */
final class Client implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final AtomicLong LAST = new AtomicLong();

    final ManagedChannel channel;

    Client(int port) {
        channel = Channels.plaintext("127.0.0.1", port);
    }

    /** A device name that no other test uses. */
    static String unique() {
        return "vm" + LAST.incrementAndGet();
    }

    /** With a window of 1 MiB at address 0. */
    static OpenStream windowed(String device) {
        return OpenStream.of("default", device)
                .withMemory(new StreamMemory.Window(List.of(new MemoryRegion(0, 1 << 20))));
    }

    DeviceStream<GpuRequest, GpuReply, NoEvent> open(String device) {
        return open(OpenStream.of("default", device));
    }

    DeviceStream<GpuRequest, GpuReply, NoEvent> open(OpenStream open) {
        return GpuStream.open(channel, open, new StreamListener<>() {}, PATIENCE);
    }

    GpuDeviceGrpc.GpuDeviceBlockingStub gpu() {
        return GpuDeviceGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    DeviceAdminGrpc.DeviceAdminBlockingStub admin() {
        return DeviceAdminGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    static Completion<GpuReply> complete(DeviceStream<GpuRequest, GpuReply, ?> stream, GpuCommand command) {
        return complete(stream, GpuRequest.of(command));
    }

    static Completion<GpuReply> complete(DeviceStream<GpuRequest, GpuReply, ?> stream, GpuRequest request) {
        return stream.submit(request)
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    static GpuResponse answer(DeviceStream<GpuRequest, GpuReply, ?> stream, GpuCommand command) {
        return complete(stream, command).response().response();
    }

    /** Why a stream ended. */
    static ErrnoException end(DeviceStream<?, ?, ?> stream) {
        return stream.closed().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** Closes it and waits until the device is gone. */
    static void close(DeviceStream<?, ?, ?> stream) {
        stream.close();
        end(stream);
    }

    static ByteString bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return ByteString.copyFrom(bytes);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
