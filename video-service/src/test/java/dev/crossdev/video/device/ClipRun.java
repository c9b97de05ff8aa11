package dev.crossdev.video.device;

import dev.crossdev.media.AccessUnit;
import dev.crossdev.media.Clip;
import dev.crossdev.media.FrameDigest;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Decodes a whole clip through a device, as a player would, and digests what lies in the outputs. */
final class ClipRun {
    private final Driver driver;
    private final Clip clip;
    private final int firstOutput;
    private final List<TestObjects.Exported> outputs;
    private final FrameDigest digest = new FrameDigest();
    private final List<Long> timestamps = new ArrayList<>();
    private final StringBuilder types = new StringBuilder();
    private final CompletableFuture<OkResourceQueue> endOfStream = new CompletableFuture<>();

    /**
     * @param hex digest of the frames
     * @param timestamps in the order in which the frames came
     * @param types one letter a frame
     */
    record Result(String hex, int frames, List<Long> timestamps, String types) {}

    ClipRun(Driver driver, Clip clip, int firstOutput, List<TestObjects.Exported> outputs) {
        this.driver = driver;
        this.clip = clip;
        this.firstOutput = firstOutput;
        this.outputs = outputs;
    }

    /** The first access unit must have been decoded; inputs 1 to 3 are created here. */
    Result run() throws Exception {
        BlockingQueue<Integer> freeInputs = new LinkedBlockingQueue<>();
        for (int id = 1; id <= 3; id++) {
            driver.ok(Driver.input(id));
            freeInputs.add(id);
        }
        for (int i = 0; i < outputs.size(); i++) {
            queue(i);
        }
        for (AccessUnit unit : clip.accessUnits().subList(1, clip.accessUnits().size())) {
            Integer id = freeInputs.poll(20, TimeUnit.SECONDS);
            if (id == null) {
                throw new AssertionError("no input came back");
            }
            driver.device.submit(
                    driver.queueInput(id, unit.data(), unit.timestampMicros()), response -> freeInputs.add(id));
        }
        CompletableFuture<VideoResponse> drained = driver.send(new StreamDrain(Driver.STREAM));
        if (!new OkResourceQueue(0, BufferFlags.EOS, 0).equals(Driver.await(endOfStream))) {
            throw new AssertionError("end of stream: " + endOfStream.get());
        }
        if (!(Driver.await(drained) instanceof VideoResponse.OkNodata)) {
            throw new AssertionError("drain: " + drained.get());
        }
        return new Result(digest.hex(), digest.frames(), timestamps, types.toString());
    }

    private void queue(int index) {
        driver.device.submit(Driver.queueOutput(firstOutput + index), response -> filled(index, response));
    }

    /** Runs wherever the device answers, one after another. */
    private void filled(int index, VideoResponse response) {
        if (!(response instanceof OkResourceQueue filled)) {
            endOfStream.completeExceptionally(new AssertionError("output " + index + ": " + response));
            return;
        }
        if (filled.has(BufferFlags.EOS)) {
            endOfStream.complete(filled);
            return;
        }
        if (filled.has(BufferFlags.ERR)) {
            // Taken back at the end of the test.
            return;
        }
        TestObjects.Exported object = outputs.get(index);
        ObjectLayout layout = object.layout();
        digest.update(object.pixels(), layout.offset(), layout.width() * 4, layout.stride(), layout.height());
        timestamps.add(filled.timestamp());
        types.append(
                filled.has(BufferFlags.IFRAME)
                        ? 'I'
                        : filled.has(BufferFlags.PFRAME) ? 'P' : filled.has(BufferFlags.BFRAME) ? 'B' : '?');
        if (filled.size() != layout.width() * layout.height() * 4) {
            endOfStream.completeExceptionally(new AssertionError("size " + filled.size()));
        }
        if (object.fence().writing()) {
            endOfStream.completeExceptionally(new AssertionError("answered with the fence still held"));
        }
        queue(index);
    }
}
