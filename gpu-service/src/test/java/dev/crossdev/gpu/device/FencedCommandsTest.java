package dev.crossdev.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.gpu.objects.ExportedObject;
import dev.crossdev.gpu.objects.Patch;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.gpu.CursorPosition;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.Rect;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What importers' fences do to the device's commands. The importer is played through the fence table, as a process would. */
class FencedCommandsTest {
    private static final Rect ALL = Rect.of(64, 64);
    private static final int IMPORTER = 77;
    private static final Duration LONG = Duration.ofSeconds(30);

    private final TestGpu gpu =
            new TestGpu(GpuSettings.DEFAULT.withFences(Duration.ofSeconds(5), Duration.ofSeconds(5)));

    @AfterEach
    void close() {
        gpu.close();
    }

    @Test
    void flushWaitsForTheWriterAndShowsWhatItWrote() {
        ExportedObject object = shown();
        FenceSlot fence = object.fence();
        assertThat(fence.tryAcquireWrite(IMPORTER, LONG)).isTrue();

        CompletableFuture<GpuReply> flush = gpu.submit(GpuRequest.fenced(9, new GpuCommand.ResourceFlush(ALL, 1)));
        assertThat(flush).isNotDone();
        byte[] pixels = new byte[Math.toIntExact(object.layout().size())];
        Arrays.fill(pixels, (byte) 0x42);
        object.write(List.of(new Patch(0, MemorySegment.ofArray(pixels))));
        assertThat(flush).isNotDone();
        assertThat(gpu.capture(0).flushCount()).isZero();

        assertThat(fence.releaseWrite(IMPORTER, false)).isTrue();
        GpuReply reply = TestGpu.await(flush);

        assertThat(reply.response().result()).isEqualTo(GpuResult.OK_NODATA);
        assertThat(reply.header().fenceId()).isEqualTo(9);
        assertThat(gpu.capture(0).pixels()).containsOnly(0x42);
        assertThat(fence.reading()).isFalse();
    }

    @Test
    void submittingAFlushThatMustWaitReturnsAtOnce() {
        FenceSlot fence = shown().fence();
        fence.tryAcquireWrite(IMPORTER, LONG);
        long start = System.nanoTime();

        CompletableFuture<GpuReply> flush = gpu.submit(new GpuCommand.ResourceFlush(ALL, 1));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
        assertThat(flush).isNotDone();
        fence.releaseWrite(IMPORTER, false);
        TestGpu.await(flush);
    }

    @Test
    void commandsBehindAWaitingFlushKeepTheirOrder() {
        FenceSlot fence = shown().fence();
        fence.tryAcquireWrite(IMPORTER, LONG);
        List<String> answered = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<GpuReply>> replies = new ArrayList<>();
        replies.add(named("flush", answered, GpuRequest.fenced(1, new GpuCommand.ResourceFlush(ALL, 1))));
        replies.add(named("info", answered, GpuRequest.of(new GpuCommand.GetDisplayInfo())));
        replies.add(named("flush again", answered, GpuRequest.fenced(2, new GpuCommand.ResourceFlush(ALL, 1))));
        replies.add(named("unref", answered, GpuRequest.of(new GpuCommand.ResourceUnref(1))));
        replies.add(named("edid", answered, GpuRequest.of(new GpuCommand.GetEdid(0))));
        assertThat(answered).isEmpty();
        assertThat(gpu.device.pending()).isEqualTo(5);

        fence.releaseWrite(IMPORTER, false);
        replies.forEach(TestGpu::await);

        assertThat(answered).containsExactly("flush", "info", "flush again", "unref", "edid");
        assertThat(replies)
                .allSatisfy(
                        reply -> assertThat(reply.join().response().isError()).isFalse());
        await().untilAsserted(() -> assertThat(gpu.device.pending()).isZero());
    }

    @Test
    void theCursorDoesNotWaitBehindAFlush() {
        FenceSlot fence = shown().fence();
        fence.tryAcquireWrite(IMPORTER, LONG);
        CompletableFuture<GpuReply> flush = gpu.submit(new GpuCommand.ResourceFlush(ALL, 1));

        assertThat(gpu.code(new GpuCommand.UpdateCursor(new CursorPosition(0, 1, 1), 0, 0, 0)))
                .isEqualTo(GpuResult.OK_NODATA);

        assertThat(flush).isNotDone();
        fence.releaseWrite(IMPORTER, false);
        TestGpu.await(flush);
    }

    @Test
    void flushGivesUpOnAWriterThatTakesTooLongAndKeepsTheOldFrame() {
        try (TestGpu hasty =
                new TestGpu(GpuSettings.DEFAULT.withFences(Duration.ofMillis(50), Duration.ofSeconds(5)))) {
            FenceSlot fence = shown(hasty).fence();
            hasty.ok(new GpuCommand.ResourceFlush(ALL, 1));
            fence.tryAcquireWrite(IMPORTER, LONG);

            assertThat(hasty.code(new GpuCommand.ResourceFlush(ALL, 1))).isEqualTo(GpuResult.ERR_UNSPEC);

            assertThat(hasty.capture(0).flushCount()).isEqualTo(1);
            assertThat(fence.reading()).isFalse();
            fence.releaseWrite(IMPORTER, false);
            hasty.ok(new GpuCommand.ResourceFlush(ALL, 1));
        }
    }

    @Test
    void aWriterThatDiedCountsAsDoneOnceItsTimeIsUp() {
        FenceSlot fence = shown().fence();
        fence.tryAcquireWrite(IMPORTER, Duration.ofMillis(50));

        assertThat(gpu.code(new GpuCommand.ResourceFlush(ALL, 1))).isEqualTo(GpuResult.OK_NODATA);

        assertThat(fence.expired()).isEqualTo(1);
        assertThat(gpu.capture(0).flushCount()).isEqualTo(1);
    }

    @Test
    void aFlushThatShowsNothingWaitsForNobody() {
        gpu.resource(1, 64, 64);
        FenceSlot fence = export(gpu).fence();
        fence.tryAcquireWrite(IMPORTER, LONG);

        assertThat(gpu.submit(new GpuCommand.ResourceFlush(ALL, 1))).isDone();
    }

    @Test
    void aTransferWaitsForReadersAndForTheWriter() {
        ExportedObject object = shown();
        FenceSlot fence = object.fence();
        fence.tryAcquireRead(IMPORTER, LONG);

        CompletableFuture<GpuReply> transfer = gpu.submit(new GpuCommand.TransferToHost2d(ALL, 0, 1));
        assertThat(transfer).isNotDone();
        fence.releaseRead(IMPORTER);

        assertThat(TestGpu.await(transfer).response().isError()).isFalse();
        assertThat(fence.writing()).isFalse();
    }

    @Test
    void resetEndsTheWaitAndAnswersNothingOld() {
        ExportedObject object = shown();
        FenceSlot fence = object.fence();
        fence.tryAcquireWrite(IMPORTER, LONG);
        CompletableFuture<GpuReply> flush = gpu.submit(new GpuCommand.ResourceFlush(ALL, 1));
        CompletableFuture<GpuReply> behind = gpu.submit(new GpuCommand.GetDisplayInfo());
        long start = System.nanoTime();

        gpu.device.reset();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(900));
        assertThat(flush).isNotDone();
        assertThat(behind).isNotDone();
        assertThat(gpu.device.pending()).isZero();
        assertThat(gpu.device.usage()).isEqualTo(Inspectable.Usage.NONE);
        assertThat(gpu.objects.find(TestGpu.GUEST, object.uuid())).isEmpty();
        assertThat(gpu.send(new GpuCommand.GetDisplayInfo())).isInstanceOf(GpuResponse.OkDisplayInfo.class);
        assertThat(flush).isNotDone();
    }

    @Test
    void resetFromWithinAnAnswerDoesNotWaitForItself() {
        CompletableFuture<GpuReply> behind = new CompletableFuture<>();
        AtomicReference<Duration> took = new AtomicReference<>();
        gpu.device.submit(GpuRequest.of(new GpuCommand.GetDisplayInfo()), _ -> {
            gpu.device.submit(GpuRequest.of(new GpuCommand.GetEdid(0)), behind::complete);
            long start = System.nanoTime();
            gpu.device.reset();
            took.set(Duration.ofNanos(System.nanoTime() - start));
        });

        assertThat(took.get()).isLessThan(Duration.ofMillis(900));
        assertThat(behind).as("older than the reset").isNotDone();
        gpu.resource(1, 16, 16);
    }

    @Test
    void aClosedDeviceTakesNothing() {
        gpu.device.close();
        gpu.device.close();

        assertThat(gpu.submit(new GpuCommand.GetDisplayInfo())).isNotDone();
        assertThat(gpu.device.pending()).isZero();
    }

    @Test
    void aReceiverThatFailsDoesNotStopTheOthers() {
        gpu.device.submit(GpuRequest.of(new GpuCommand.GetDisplayInfo()), _ -> {
            throw new IllegalStateException("on purpose");
        });

        assertThat(gpu.code(new GpuCommand.GetDisplayInfo())).isEqualTo(GpuResult.OK_DISPLAY_INFO);
    }

    @Test
    void answersThatSubmitTheNextCommandDoNotPileUpOnTheStack() {
        CompletableFuture<Integer> done = new CompletableFuture<>();
        chain(100_000, done);

        assertThat(done).isCompletedWithValue(0);
    }

    private void chain(int left, CompletableFuture<Integer> done) {
        gpu.device.submit(GpuRequest.of(new GpuCommand.GetDisplayInfo()), _ -> {
            if (left == 0) {
                done.complete(left);
            } else {
                chain(left - 1, done);
            }
        });
    }

    private ExportedObject shown() {
        return shown(gpu);
    }

    private static ExportedObject shown(TestGpu gpu) {
        gpu.resource(1, 64, 64);
        gpu.ok(new GpuCommand.SetScanout(ALL, 0, 1));
        return export(gpu);
    }

    private static ExportedObject export(TestGpu gpu) {
        UUID uuid = gpu.assignUuid(1);
        return gpu.objects.find(TestGpu.GUEST, uuid).orElseThrow();
    }

    private CompletableFuture<GpuReply> named(String name, List<String> answered, GpuRequest request) {
        CompletableFuture<GpuReply> reply = new CompletableFuture<>();
        gpu.device.submit(request, done -> {
            answered.add(name);
            reply.complete(done);
        });
        return reply;
    }
}
