package dev.crossdev.guest.video;

import com.google.protobuf.UnsafeByteOperations;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.driver.Streams;
import dev.crossdev.guest.memory.GuestMemoryPool;
import dev.crossdev.guest.memory.GuestPages;
import dev.crossdev.virtio.video.FormatDesc;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoCommand.QueryCapability;
import dev.crossdev.virtio.video.VideoCommand.StreamCreate;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkNodata;
import dev.crossdev.virtio.video.VideoResponse.OkQueryCapability;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** The guest's video driver on one device. Thread-safe. */
public final class VideoDriver implements AutoCloseable {

    private final DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream;
    private final VideoEvents events;
    private final GuestMemoryPool memory;
    private final boolean deviceSeesMemory;
    private final UuidLookup uuids;
    private final Answers answers;
    private final VideoCommands commands;
    private final Queue<GuestPages> pages = new ConcurrentLinkedQueue<>();
    private final AtomicInteger lastStream = new AtomicInteger();
    private final AtomicInteger importsAsked = new AtomicInteger();

    /**
     * @param stream opened on the device, with {@code memory}; closed with the driver
     * @param events the listener with which the stream was opened
     * @param deviceSeesMemory whether the device maps the guest's memory; otherwise what is written there travels on the
     *     stream
     * @param uuids asked for the UUID of each buffer that is imported
     * @param answers says who the device is and how long it may take
     */
    public VideoDriver(
            DeviceStream<VideoCommand, VideoResponse, VideoEvent> stream,
            VideoEvents events,
            GuestMemoryPool memory,
            boolean deviceSeesMemory,
            UuidLookup uuids,
            Answers answers) {
        this.stream = stream;
        this.events = events;
        this.memory = memory;
        this.deviceSeesMemory = deviceSeesMemory;
        this.uuids = uuids;
        this.answers = answers;
        this.commands = new VideoCommands(stream, answers);
    }

    /**
     * What the device can have in a queue.
     *
     * @throws ErrnoException as every call that waits for an answer: ENODEV naming the service, ETIMEDOUT, EINTR, or a
     *     {@link dev.crossdev.guest.driver.CommandRefusedException}
     */
    public List<FormatDesc> queryCapability(QueueType queue) {
        return commands.call(new QueryCapability(queue), OkQueryCapability.class)
                .formats();
    }

    /**
     * Creates a stream that decodes from guest pages into virtio objects.
     *
     * @param coded what it decodes
     * @param tag a name for people
     * @param listener hears of the stream's events, on the device stream's thread
     * @throws ErrnoException as {@link #queryCapability}
     */
    public DecoderStream createStream(VideoFormat coded, String tag, Consumer<VideoEventType> listener) {
        int id = lastStream.incrementAndGet();
        events.subscribe(id, listener);
        commands.call(
                new StreamCreate(id, MemType.GUEST_PAGES, MemType.VIRTIO_OBJECT, coded.number(), tag), OkNodata.class);
        return new DecoderStream(id, this, commands);
    }

    /** RESOURCE_CREATE commands sent for output buffers so far. */
    public int importsAsked() {
        return importsAsked.get();
    }

    /** Ends with the reason when the device or the connection is gone. */
    public CompletableFuture<ErrnoException> gone() {
        return stream.closed().thenApply(answers::named);
    }

    /**
     * Takes guest pages for a buffer; they are the driver's and go with it.
     *
     * @throws ErrnoException ENOMEM when no run of free pages is long enough
     */
    public GuestPages allocate(int bytes) {
        GuestPages taken = memory.allocate(bytes);
        pages.add(taken);
        return taken;
    }

    /**
     * Writes into guest pages, so that the device sees it before any command that is sent later.
     *
     * @param data not longer than the pages
     */
    public void write(GuestPages pages, MemorySegment data) {
        pages.segment().asSlice(0, data.byteSize()).copyFrom(data);
        if (!deviceSeesMemory) {
            stream.writeMemory(pages.address(), UnsafeByteOperations.unsafeWrap(data.toArray(ValueLayout.JAVA_BYTE)));
        }
    }

    /** Ends the stream, which unplugs the device; returns when it has let go of everything or took too long. */
    @Override
    public void close() {
        stream.close();
        Streams.awaitEnd(stream, answers);
        for (GuestPages taken = pages.poll(); taken != null; taken = pages.poll()) {
            memory.free(taken);
        }
    }

    UuidLookup uuids() {
        return uuids;
    }

    void countImport() {
        importsAsked.incrementAndGet();
    }

    void forget(int streamId) {
        events.unsubscribe(streamId);
    }
}
