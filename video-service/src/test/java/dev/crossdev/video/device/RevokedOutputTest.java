package dev.crossdev.video.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.media.Clip;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoCommand.ResourceDestroyAll;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import dev.crossdev.virtio.video.VideoResult;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Guest memory that the exporter takes away from under the decoder, and blobs, which have no layout of their own. */
@Timeout(60)
@ParameterizedClass
@EnumSource(TestObjects.Way.class)
class RevokedOutputTest {
    private final TestObjects.Way way;

    RevokedOutputTest(TestObjects.Way way) {
        this.way = way;
    }

    @Test
    void aQueuedOutputComesBackWithFlagErrAndTheOthersStay() {
        try (Driver driver = new Driver(way)) {
            driver.createStream();
            TestObjects.Exported revoked = driver.addOutput(50, 640, 480);
            TestObjects.Exported other = driver.addOutput(51, 640, 480);
            CompletableFuture<VideoResponse> queued = driver.send(Driver.queueOutput(50));
            CompletableFuture<VideoResponse> stays = driver.send(Driver.queueOutput(51));

            driver.objects.revoke(revoked);

            assertThat(Driver.await(queued)).isEqualTo(OkResourceQueue.TAKEN_BACK);
            assertThat(revoked.holds()).as("let go of at once").hasValue(0);
            assertThat(stays).isNotDone();
            assertThat(other.holds()).hasValue(1);
            assertThat(driver.result(Driver.queueOutput(50))).isEqualTo(VideoResult.ERR_INVALID_OPERATION);
            driver.ok(new ResourceDestroyAll(Driver.STREAM, QueueType.OUTPUT));
        }
    }

    @Test
    void theResourceIdTakesAnotherObjectAfterwards() {
        try (Driver driver = new Driver(way)) {
            driver.createStream();
            TestObjects.Exported revoked = driver.addOutput(50, 640, 480);
            driver.objects.revoke(revoked);
            driver.objects.revoke(revoked);

            TestObjects.Exported next = driver.addOutput(50, 640, 480);
            CompletableFuture<VideoResponse> queued = driver.send(Driver.queueOutput(50));
            assertThat(queued).isNotDone();
            assertThat(next.holds()).hasValue(1);
        }
    }

    @Test
    void anOutputThatWaitsForSomebodysFenceComesBackWithoutAByteWritten() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        DecoderLimits d = DecoderLimits.DEFAULT;
        DecoderLimits patient = new DecoderLimits(
                d.streams(),
                d.buffers(),
                d.inputBytes(),
                d.maxWidth(),
                d.maxHeight(),
                Duration.ofSeconds(50),
                d.fenceHold(),
                d.stopWait());
        try (Driver driver = new Driver(way, patient)) {
            driver.beginWith(clip);
            TestObjects.Exported object = driver.addOutput(50, 64, 48);
            object.fence().acquireRead(3, Duration.ofSeconds(1), Duration.ofSeconds(55));
            CompletableFuture<VideoResponse> queued = driver.send(Driver.queueOutput(50));
            driver.post(new StreamDrain(Driver.STREAM));
            await().untilAsserted(() -> assertThat(object.fence().writing()).isTrue());

            driver.objects.revoke(object);

            assertThat(Driver.await(queued)).isEqualTo(OkResourceQueue.TAKEN_BACK);
            await().untilAsserted(() -> assertThat(object.holds()).hasValue(0));
            assertThat(object.pixels().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
            object.fence().releaseRead(3);

            // The picture is not lost: the next output has it.
            TestObjects.Exported next = driver.addOutput(51, 64, 48);
            VideoResponse filled = driver.call(Driver.queueOutput(51));
            assertThat(((OkResourceQueue) filled).size()).isEqualTo(64 * 48 * 4);
            assertThat(next.pixels().toArray(ValueLayout.JAVA_BYTE)).contains(-1);
        }
    }

    @Test
    void aBlobTakesTheStreamsOwnLayoutIfItIsLargeEnough() {
        Clip clip = Driver.clip(Driver.SAMPLE);
        try (Driver driver = new Driver(way)) {
            driver.beginWith(clip);
            int bytes = 64 * 48 * 4;
            TestObjects.Exported small = driver.objects.export(new ObjectLayout(0, 0, 0, 0, 0, bytes - 1));
            TestObjects.Exported blob = driver.objects.export(new ObjectLayout(0, 0, 0, 0, 0, bytes + 100));

            assertThat(driver.result(Driver.output(50, small.uuid()))).isEqualTo(VideoResult.ERR_INVALID_PARAMETER);
            driver.ok(Driver.output(50, blob.uuid()));
            driver.post(new StreamDrain(Driver.STREAM));
            VideoResponse filled = driver.call(Driver.queueOutput(50));

            assertThat(((OkResourceQueue) filled).size()).isEqualTo(bytes);
            byte[] content = blob.pixels().toArray(ValueLayout.JAVA_BYTE);
            assertThat(content).hasSize(bytes + 100);
            assertThat(content[bytes - 1]).as("alpha of the last pixel").isEqualTo((byte) 0xff);
            assertThat(content[bytes]).isZero();
        }
    }
}
