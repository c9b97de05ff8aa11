package dev.crossdev.cli.wire;

import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.TapDeviceRequest;
import dev.crossdev.proto.admin.v1.TapDeviceResponse;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Listens to a device until it goes away, enough was heard, or somebody says stop. */
public final class Tap implements AutoCloseable {

    private final HostPort service;
    private final ManagedChannel channel;
    private final Context.CancellableContext call = Context.current().withCancellation();
    private final CountDownLatch ended = new CountDownLatch(1);

    public Tap(HostPort service, Channels channels) {
        this.service = service;
        this.channel = channels.to(service.host(), service.port());
    }

    /**
     * Runs to the end.
     *
     * @param count exchanges after which it ends
     * @param seen told of each part after it was written down
     */
    public void run(TapDeviceRequest request, TapRecorder recorder, long count, Consumer<TapDeviceResponse> seen)
            throws IOException {
        try {
            Iterator<TapDeviceResponse> parts = call.wrap(
                            () -> DeviceAdminGrpc.newBlockingStub(channel).tapDevice(request))
                    .call();
            while (recorder.exchanges() < count && parts.hasNext()) {
                TapDeviceResponse part = parts.next();
                recorder.record(part);
                seen.accept(part);
            }
        } catch (StatusRuntimeException e) {
            if (!call.isCancelled()) {
                throw DeviceFinder.failure(service, e);
            }
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        } finally {
            recorder.close();
            ended.countDown();
        }
    }

    /** Ends it, from another thread, and waits until all is written. */
    public void stop() {
        call.cancel(null);
        try {
            var _ = ended.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        call.cancel(null);
        channel.shutdownNow();
    }
}
