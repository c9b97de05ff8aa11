package dev.crossdev.guest.pipeline;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.VideoStream;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.driver.ServiceAddress;
import dev.crossdev.guest.driver.ServiceLink;
import dev.crossdev.guest.memory.GuestMemoryPool;
import dev.crossdev.guest.pipeline.PipelineEvent.Failed;
import dev.crossdev.guest.pipeline.PipelineEvent.InputConsumed;
import dev.crossdev.guest.pipeline.PipelineEvent.OutputReturned;
import dev.crossdev.guest.video.VideoDriver;
import dev.crossdev.guest.video.VideoEvents;
import dev.crossdev.media.Clip;
import dev.crossdev.proto.video.v1.DescribeRequest;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/**
 * A video driver whose gpu is somebody else's: decodes into objects that another kernel exported and whose UUIDs it was told.
 * To the services both are one guest. Not thread-safe.
 */
public final class ForeignDecoder implements AutoCloseable {

    private static final int OUTPUT = 1;

    private final ServiceLink link;
    private final GuestMemoryPool memory;
    private final OpenStream open;
    private final Clip clip;
    private final Violations violations;

    private ForeignDecoder(
            ServiceLink link, GuestMemoryPool memory, OpenStream open, Clip clip, Violations violations) {
        this.link = link;
        this.memory = memory;
        this.open = open;
        this.clip = clip;
        this.violations = violations;
    }

    /**
     * Connects.
     *
     * @param guest of which the exporting kernel is
     * @param device the video device's name within it
     * @throws ErrnoException {@link dev.crossdev.dmabuf.error.DeviceGoneException} naming the service; ETIMEDOUT; ENOMEM
     */
    public static ForeignDecoder connect(
            ServiceAddress video, String guest, String device, Clip clip, Duration patience, Violations violations) {
        ServiceLink link = ServiceLink.connect(
                video,
                Channels.PLAIN,
                (channel, deadline) -> VideoDeviceGrpc.newBlockingStub(channel)
                        .withDeadline(deadline)
                        .describe(DescribeRequest.getDefaultInstance())
                        .getService(),
                patience);
        try {
            return new ForeignDecoder(
                    link,
                    new GuestMemoryPool("decoder of " + guest, Pipeline.memoryBytes(clip, 0)),
                    OpenStream.of(guest, device),
                    clip,
                    violations);
        } catch (RuntimeException e) {
            link.close();
            throw e;
        }
    }

    /**
     * What one decode took.
     *
     * @param timestampMicros of the frame in the clip
     * @param importNanos from RESOURCE_CREATE to its answer
     * @param decodeNanos from the output buffer's queueing to its return
     */
    public record Decoded(long timestampMicros, long importNanos, long decodeNanos) {}

    /**
     * Decodes the clip's first picture, in display order, into the object; the device is there for just that.
     *
     * @throws ErrnoException EIO when the decoder gives it back broken; as {@link #connect}
     */
    public Decoded firstFrame(UUID object) {
        VideoEvents events = new VideoEvents(violations);
        Answers answers = link.answers();
        try (VideoDriver driver = new VideoDriver(
                VideoStream.open(link.channel(), open.withMemory(link.offer(memory)), events, answers.patience()),
                events,
                memory,
                link.sharesMemory(),
                buffer -> {
                    throw new ErrnoException(Errno.EINVAL, buffer + " is not of the kernel that exports");
                },
                answers)) {
            return firstFrame(driver, object);
        }
    }

    private Decoded firstFrame(VideoDriver driver, UUID object) {
        Mailbox mailbox = new Mailbox();
        var _ = driver.gone().thenAccept(why -> mailbox.post(new Failed(why)));
        DecoderSetup.Ready ready = new DecoderSetup(driver, link.answers(), mailbox, clip).run();
        try {
            long begun = System.nanoTime();
            var _ = link.answers()
                    .await(
                            ready.stream().importOutput(OUTPUT, object).answer(),
                            "RESOURCE_CREATE of the output buffer");
            long imported = System.nanoTime();
            mailbox.when(ready.stream().queueOutput(OUTPUT), answer -> new OutputReturned(OUTPUT, answer));
            OkResourceQueue answer = pump(ready.feeder(), mailbox);
            long decoded = System.nanoTime();
            ready.stream().destroy();
            return new Decoded(answer.timestamp(), imported - begun, decoded - imported);
        } finally {
            ready.stream().release();
        }
    }

    private OkResourceQueue pump(InputFeeder feeder, Mailbox mailbox) {
        while (true) {
            while (feeder.feedOne()) {
                // As many as there are free buffers.
            }
            Optional<PipelineEvent> event = mailbox.next(link.answers().patience());
            switch (event.orElseThrow(
                    () -> new ErrnoException(Errno.ETIMEDOUT, link.answers().service() + " decodes nothing"))) {
                case InputConsumed(int input, OkResourceQueue _) -> feeder.consumed(input);
                case OutputReturned(int _, OkResourceQueue answer) -> {
                    if (answer.has(BufferFlags.ERR) || answer.has(BufferFlags.EOS)) {
                        throw new ErrnoException(
                                Errno.EIO, link.answers().service() + " gave the buffer back without a picture");
                    }
                    return answer;
                }
                case PipelineEvent other -> throw new ErrnoException(Errno.EIO, "unexpected: " + other);
            }
        }
    }

    @Override
    public void close() {
        memory.close();
        link.close();
    }
}
