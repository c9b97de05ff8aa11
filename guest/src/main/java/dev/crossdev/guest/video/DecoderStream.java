package dev.crossdev.guest.video;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.memory.GuestPages;
import dev.crossdev.guest.timeline.RegistrationTrace;
import dev.crossdev.guest.timeline.RegistrationTrace.Sent;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand.GetParams;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.SetParams;
import dev.crossdev.virtio.video.VideoCommand.StreamDestroy;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoCommandType;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoResponse.OkGetParams;
import dev.crossdev.virtio.video.VideoResponse.OkNodata;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One decoding stream of the video device. Futures end on the device stream's thread; methods that wait say so. Thread-safe.
 */
public final class DecoderStream {

    private static final String IMPORTER = "virtio_video";

    private final int id;
    private final VideoDriver driver;
    private final VideoCommands commands;
    private final Map<Integer, Attachment> attachments = new ConcurrentHashMap<>();

    DecoderStream(int id, VideoDriver driver, VideoCommands commands) {
        this.id = id;
        this.driver = driver;
        this.commands = commands;
    }

    /**
     * An import that is under way.
     *
     * @param uuid by which the object was named
     * @param answer ends when the device holds the object, or fails when it refuses
     */
    public record Import(UUID uuid, CompletableFuture<OkNodata> answer) {}

    /** Sets what a queue carries; waits for the answer. */
    public void setParams(VideoParams params) {
        commands.call(new SetParams(id, params), OkNodata.class);
    }

    /** What a queue carries; waits for the answer. */
    public VideoParams getParams(QueueType queue) {
        return commands.call(new GetParams(id, queue), OkGetParams.class).params();
    }

    /** Makes an input buffer of guest pages. */
    public CompletableFuture<OkNodata> createInput(int resource, GuestPages pages) {
        return commands.submit(
                ResourceCreate.singlePlane(id, QueueType.INPUT, resource, List.of(ResourceEntry.of(pages.entry()))),
                OkNodata.class);
    }

    /**
     * Makes an output buffer of another device's object. Waits for the UUID where its exporter does, and for nothing
     * else. The buffer is attached until the stream is destroyed, an import that the device refuses included: it is the
     * driver that attaches.
     *
     * @param trace of the buffer's registration
     * @throws ErrnoException EINVAL for a buffer that is no virtio dma-buf; what get_uuid fails with
     */
    public Import importOutput(int resource, DmaBuf buffer, RegistrationTrace trace) {
        VirtioDmaBuf virtio = upcast(buffer);
        attachments.computeIfAbsent(resource, _ -> virtio.attach(() -> IMPORTER));
        return importOutput(resource, driver.uuids().uuidOf(virtio), trace);
    }

    /** Makes an output buffer of an object whose UUID is known, because another kernel's driver exported it. */
    public Import importOutput(int resource, UUID uuid) {
        return importOutput(resource, uuid, RegistrationTrace.NONE);
    }

    private Import importOutput(int resource, UUID uuid, RegistrationTrace trace) {
        driver.countImport();
        Sent traced = trace.sends(VideoCommandType.RESOURCE_CREATE.name());
        CompletableFuture<OkNodata> answer = commands.submit(
                ResourceCreate.singlePlane(id, QueueType.OUTPUT, resource, List.of(ResourceEntry.of(uuid))),
                traced.context(),
                OkNodata.class);
        return new Import(uuid, answer.whenComplete((_, failure) -> traced.ended(failure)));
    }

    /**
     * The UUID by which a buffer would be imported now; waits where its exporter does.
     *
     * @throws ErrnoException as {@link #importOutput}
     */
    public UUID uuidOf(DmaBuf buffer) {
        return driver.uuids().uuidOf(upcast(buffer));
    }

    /**
     * Gives an input buffer to the device; answered when it was consumed.
     *
     * @param timestamp that its output will carry
     * @param bytes of payload
     */
    public CompletableFuture<OkResourceQueue> queueInput(int resource, long timestamp, int bytes) {
        return queue(QueueType.INPUT, resource, timestamp, bytes);
    }

    /** Gives an output buffer to the device; answered when it was filled. */
    public CompletableFuture<OkResourceQueue> queueOutput(int resource) {
        return queue(QueueType.OUTPUT, resource, 0, 0);
    }

    /** Asks for everything that was queued to be decoded; answered after the buffer with flag EOS. */
    public CompletableFuture<OkNodata> drain() {
        return commands.submit(new StreamDrain(id), OkNodata.class);
    }

    /** Ends the stream; waits for the answer. What is queued comes back with flag ERR first. */
    public void destroy() {
        try {
            commands.call(new StreamDestroy(id), OkNodata.class);
        } finally {
            release();
        }
    }

    /** Lets go of the buffers of a stream whose device is gone or about to be. Doing it again does nothing. */
    public void release() {
        driver.forget(id);
        attachments.keySet().forEach(resource -> {
            Attachment attachment = attachments.remove(resource);
            if (attachment != null) {
                attachment.buffer().detach(attachment);
            }
        });
    }

    private static VirtioDmaBuf upcast(DmaBuf buffer) {
        return VirtioDmaBuf.upcast(buffer)
                .orElseThrow(() -> new ErrnoException(Errno.EINVAL, buffer + " is no virtio dma-buf"));
    }

    private CompletableFuture<OkResourceQueue> queue(QueueType queue, int resource, long timestamp, int bytes) {
        return commands.submit(
                new ResourceQueue(id, queue, resource, timestamp, List.of(bytes)), OkResourceQueue.class);
    }
}
