package dev.crossdev.guest.pipeline;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.pipeline.PipelineEvent.StreamEvent;
import dev.crossdev.guest.video.DecoderStream;
import dev.crossdev.guest.video.VideoDriver;
import dev.crossdev.media.Clip;
import dev.crossdev.media.ClipInfo;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoParams.Crop;
import dev.crossdev.virtio.video.VideoParams.PlaneFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Step 2, what any pipeline has to set up before it can decode. Each command waits for its answer, as the calls of a
 * media API do; only the input buffers are made all at once.
 */
final class DecoderSetup {

    private static final String TAG = "crossdev";

    private final VideoDriver driver;
    private final Answers answers;
    private final Mailbox mailbox;
    private final Clip clip;

    DecoderSetup(VideoDriver driver, Answers answers, Mailbox mailbox, Clip clip) {
        this.driver = driver;
        this.answers = answers;
        this.mailbox = mailbox;
        this.clip = clip;
    }

    /** A decoder that knows the clip's size, and what feeds it. */
    record Ready(DecoderStream stream, InputFeeder feeder) {}

    /**
     * Runs the set-up to its end: the initial resolution has come and GET_PARAMS of the output agrees.
     *
     * @throws ErrnoException EOPNOTSUPP when the device cannot do what the clip needs; as all calls that wait
     */
    Ready run() {
        requireFormat(QueueType.INPUT, VideoFormat.H264);
        requireFormat(QueueType.OUTPUT, VideoFormat.BGRA8888);
        CompletableFuture<Void> resolution = new CompletableFuture<>();
        DecoderStream stream = driver.createStream(VideoFormat.H264, TAG, event -> {
            if (event != VideoEventType.DECODER_RESOLUTION_CHANGED || !resolution.complete(null)) {
                mailbox.post(new StreamEvent(event));
            }
            if (event == VideoEventType.ERROR) {
                resolution.completeExceptionally(new ErrnoException(
                        Errno.EIO, answers.service() + " reported an error of the stream before its size"));
            }
        });
        stream.setParams(inputParams());
        stream.setParams(outputParams());
        InputFeeder feeder = new InputFeeder(driver, stream, mailbox, clip.accessUnits());
        answers.await(feeder.create(), "RESOURCE_CREATE of the input buffers");
        feeder.feedOne();
        var _ = driver.gone().thenAccept(resolution::completeExceptionally);
        answers.await(resolution, "the first access unit with its resolution");
        requireSize(stream.getParams(QueueType.OUTPUT));
        return new Ready(stream, feeder);
    }

    private void requireFormat(QueueType queue, VideoFormat format) {
        boolean offered = driver.queryCapability(queue).stream().anyMatch(each -> each.format() == format.number());
        if (!offered) {
            throw new ErrnoException(
                    Errno.EOPNOTSUPP, answers.service() + " does not offer " + format + " as " + queue);
        }
    }

    private void requireSize(VideoParams output) {
        ClipInfo info = clip.info();
        if (output.format() != VideoFormat.BGRA8888.number()
                || output.frameWidth() != info.width()
                || output.frameHeight() != info.height()) {
            throw new ErrnoException(
                    Errno.EINVAL,
                    answers.service() + " decodes " + info.width() + "x" + info.height() + " into " + output);
        }
    }

    private VideoParams inputParams() {
        return params(
                QueueType.INPUT,
                VideoFormat.H264,
                InputFeeder.BUFFERS,
                new PlaneFormat(InputFeeder.bufferBytes(clip.accessUnits()), 0));
    }

    private VideoParams outputParams() {
        int stride = clip.info().width() * 4;
        return params(
                QueueType.OUTPUT,
                VideoFormat.BGRA8888,
                1,
                new PlaneFormat(stride * clip.info().height(), stride));
    }

    private VideoParams params(QueueType queue, VideoFormat format, int buffers, PlaneFormat plane) {
        ClipInfo info = clip.info();
        return new VideoParams(
                queue,
                format.number(),
                info.width(),
                info.height(),
                buffers,
                RunParameters.MOST_BUFFERS,
                new Crop(0, 0, info.width(), info.height()),
                Math.toIntExact(Math.round(info.frameRate().framesPerSecond())),
                List.of(plane));
    }
}
