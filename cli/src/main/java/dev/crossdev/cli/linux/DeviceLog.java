package dev.crossdev.cli.linux;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.wire.CaptureFile;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.cli.wire.Tap;
import dev.crossdev.cli.wire.TapRecorder;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.proto.admin.v1.TapDeviceRequest;
import dev.crossdev.virtio.capture.CaptureEntry;
import dev.crossdev.virtio.capture.CaptureWriter;
import dev.crossdev.virtio.gpu.GpuCommandType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Writes down what a device is asked and answers, into a wire log, from the beginning of this to the device's end. */
final class DeviceLog implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Path file;
    private final Tap tap;
    private final CompletableFuture<Void> done = new CompletableFuture<>();

    private DeviceLog(Path file, Tap tap) {
        this.file = file;
        this.tap = tap;
    }

    /**
     * What the device says of one command.
     *
     * @param command its name in the specification
     * @param micros from its submission to its answer
     */
    record Exchange(String command, double micros) {}

    /** Begins; returns when the device is being heard. */
    static DeviceLog begin(HostPort service, DeviceAddress device, Path file) {
        TapRecorder recorder = new TapRecorder(new CaptureWriter(CaptureFile.writer(file.toString())));
        DeviceLog log = new DeviceLog(file, new Tap(service, Channels.PLAIN));
        CompletableFuture<Void> heard = new CompletableFuture<>();
        Thread.ofVirtual().name("device-log").start(() -> {
            try {
                log.tap.run(
                        TapDeviceRequest.newBuilder()
                                .setGuest(device.guest())
                                .setDevice(device.device())
                                .build(),
                        recorder,
                        Long.MAX_VALUE,
                        part -> {
                            if (part.hasHeader()) {
                                heard.complete(null);
                            }
                        });
                log.done.complete(null);
            } catch (IOException | RuntimeException e) {
                log.done.completeExceptionally(e);
                heard.completeExceptionally(e);
            }
        });
        await(heard, "no wire log of " + device);
        return log;
    }

    /** What there was; to be called when the device is gone. */
    List<Exchange> read() {
        await(done, "the wire log " + file + " does not end");
        List<Exchange> exchanges = new ArrayList<>();
        for (CaptureEntry.Exchange each : CaptureFile.read(file.toString()).exchanges()) {
            each.detail().ifPresent(detail -> {
                if (detail.submittedNanos().isPresent()
                        && detail.answeredNanos().isPresent()
                        && each.request().size() >= 4) {
                    exchanges.add(new Exchange(
                            GpuCommandType.of(each.request().u32(0)).name(),
                            (detail.answeredNanos().getAsLong()
                                            - detail.submittedNanos().getAsLong())
                                    / 1e3));
                }
            });
        }
        return exchanges;
    }

    @Override
    public void close() {
        tap.close();
    }

    private static void await(CompletableFuture<Void> future, String otherwise) {
        try {
            Void unused = future.get(PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(ExitCode.CHECK_FAILED, otherwise + ": interrupted", e);
        } catch (java.util.concurrent.ExecutionException e) {
            throw new CommandFailure(ExitCode.CHECK_FAILED, otherwise + ": " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new CommandFailure(ExitCode.CHECK_FAILED, otherwise, e);
        }
    }
}
