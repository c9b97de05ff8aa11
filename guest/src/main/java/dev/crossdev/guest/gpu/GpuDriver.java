package dev.crossdev.guest.gpu;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.ExportInfo;
import dev.crossdev.dmabuf.UuidRegistration;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.VirtioDmaBufOps;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.client.CompletionHandler;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.driver.CommandRefusedException;
import dev.crossdev.guest.driver.Streams;
import dev.crossdev.guest.memory.GuestMemoryPool;
import dev.crossdev.guest.memory.GuestPages;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimeline;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.timeline.RegistrationTrace.Sent;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAttachBacking;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreate2d;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreateBlob;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceFlush;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanout;
import dev.crossdev.virtio.gpu.GpuCommand.SetScanoutBlob;
import dev.crossdev.virtio.gpu.GpuCommandType;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The guest's gpu driver on one device. Commands go out in the order of the calls; no method waits but where its strategy
 * does. Thread-safe.
 */
public final class GpuDriver implements AutoCloseable {

    private static final String EXPORTER = "virtio_gpu";

    private static final PixelFormat FORMAT = PixelFormat.B8G8R8A8_UNORM;
    private static final int FORMAT_BYTES = PixelFormat.BYTES_PER_PIXEL;

    private final DeviceStream<GpuRequest, GpuReply, NoEvent> stream;
    private final GuestMemoryPool memory;
    private final RegistrationStrategy strategy;
    private final Answers answers;
    private final Violations violations;
    private final DmaBufList dmaBufs;
    private final boolean canRegister;
    private final boolean canMakeBlobs;
    private final Map<VirtioDmaBuf, GpuBuffer> exports = new ConcurrentHashMap<>();
    private final Set<GpuBuffer> buffers = ConcurrentHashMap.newKeySet();
    private final AtomicInteger lastResource = new AtomicInteger();
    private final AtomicLong lastFence = new AtomicLong();
    private final AtomicInteger uuidsAsked = new AtomicInteger();

    /**
     * @param stream opened on the device, with {@code memory}; closed with the driver
     * @param answers says who the device is and how long it may take
     * @param dmaBufs the guest's list, which exports join
     * @param violations hears of answers that should not have come
     */
    public GpuDriver(
            DeviceStream<GpuRequest, GpuReply, NoEvent> stream,
            GuestMemoryPool memory,
            RegistrationStrategy strategy,
            Answers answers,
            DmaBufList dmaBufs,
            Violations violations) {
        this.stream = stream;
        this.memory = memory;
        this.strategy = strategy;
        this.answers = answers;
        this.dmaBufs = dmaBufs;
        this.violations = violations;
        this.canRegister = stream.opened().features().has(GpuFeature.RESOURCE_UUID);
        this.canMakeBlobs = stream.opened().features().has(GpuFeature.RESOURCE_BLOB);
    }

    /**
     * Makes a buffer of B8G8R8A8. Its commands are queued and not waited for: an error fails the buffer when it arrives.
     *
     * @param width pixels
     * @param height pixels
     * @throws ErrnoException ENOMEM when the guest has no pages left; what the strategy waits for may fail as
     *     {@link dev.crossdev.guest.strategy.Registration#awaitAnswer} does
     */
    public GpuBuffer allocate(int width, int height, BufferTimeline timeline) {
        GpuBuffer buffer = buffer(false, width, height, timeline);
        failing(buffer, new ResourceCreate2d(buffer.resourceId(), FORMAT.number(), width, height));
        failing(
                buffer,
                new ResourceAttachBacking(
                        buffer.resourceId(), List.of(buffer.backing().entry())));
        return allocated(buffer);
    }

    /**
     * Makes a blob of the guest's own pages that other devices may import: what they write is in the guest's memory, and no
     * host copy is ever made. Its registration follows its creation in the same stream, whatever the strategy
     * (virtgpu_ioctl.c, virtgpu_vq.c); the strategy says who waits.
     *
     * @param width pixels
     * @param height pixels
     * @throws ErrnoException EINVAL when the device offers no blobs, or no UUIDs; else as {@link #allocate}
     */
    public GpuBuffer allocateBlob(int width, int height, BufferTimeline timeline) {
        if (!canMakeBlobs || !canRegister) {
            throw new ErrnoException(Errno.EINVAL, answers.service() + " offers no cross-device blobs");
        }
        GpuBuffer buffer = buffer(true, width, height, timeline);
        failing(
                buffer,
                new ResourceCreateBlob(
                        buffer.resourceId(),
                        BlobMem.GUEST,
                        BlobMem.FLAG_USE_MAPPABLE | BlobMem.FLAG_USE_SHAREABLE | BlobMem.FLAG_USE_CROSS_DEVICE,
                        0,
                        Math.multiplyFull(width, height) * FORMAT_BYTES,
                        List.of(buffer.backing().entry())),
                timeline.trace().sends(GpuCommandType.RESOURCE_CREATE_BLOB.name()));
        buffer.registration().send();
        return allocated(buffer);
    }

    private GpuBuffer buffer(boolean blob, int width, int height, BufferTimeline timeline) {
        int resource = lastResource.incrementAndGet();
        timeline.madeAs(resource);
        GuestPages backing = memory.allocate(Math.multiplyExact(Math.multiplyExact(width, height), FORMAT_BYTES));
        BufferRegistration registration =
                new BufferRegistration(timeline, answers, violations, canRegister, (trace, handler) -> {
                    uuidsAsked.incrementAndGet();
                    stream.submit(GpuRequest.of(new ResourceAssignUuid(resource)), trace, handler);
                });
        GpuBuffer buffer = new GpuBuffer(resource, blob, width, height, backing, timeline, registration);
        buffers.add(buffer);
        return buffer;
    }

    private GpuBuffer allocated(GpuBuffer buffer) {
        strategy.allocated(buffer.registration());
        buffer.timeline().note(Moment.ALLOCATED);
        return buffer;
    }

    /**
     * The buffer as a dma-buf with a reference for the caller; the same one while it is exported already.
     *
     * @throws ErrnoException when the device would not make the buffer; as in {@link #allocate} where the strategy waits
     */
    public DmaBuf export(GpuBuffer buffer) {
        buffer.requireWhole();
        VirtioDmaBuf already = buffer.exported();
        if (already != null) {
            return already;
        }
        VirtioDmaBuf made = VirtioDmaBuf.exportVirtio(
                new ExportInfo<>(dmaBufs, EXPORTER, buffer.backing().length(), new Operations(buffer)));
        buffer.exportedAs(made);
        exports.put(made, buffer);
        strategy.exported(buffer.registration());
        buffer.timeline().note(Moment.EXPORTED);
        return made;
    }

    /**
     * What get_uuid gives for one of this driver's dma-bufs; another exporter's is asked itself.
     *
     * @throws ErrnoException ENODEV, ETIMEDOUT, EINTR; never under a strategy that does not wait
     */
    public UUID uuidOf(VirtioDmaBuf dmaBuf) {
        GpuBuffer buffer = exports.get(dmaBuf);
        return buffer == null ? dmaBuf.getUuid(answers.patience()) : strategy.uuid(buffer.registration());
    }

    /** How many callers wait for a buffer's UUID at this moment, wherever the strategy makes them wait. */
    public int waiters() {
        return buffers.stream()
                .mapToInt(buffer -> buffer.registration().uuidRegistration().waiters())
                .sum();
    }

    /** Shows the whole buffer on a scanout from now on. */
    public CompletableFuture<Completion<GpuReply>> setScanout(int scanout, GpuBuffer buffer) {
        GpuCommand command = buffer.blob()
                ? new SetScanoutBlob(
                        whole(buffer),
                        scanout,
                        buffer.resourceId(),
                        buffer.width(),
                        buffer.height(),
                        FORMAT.number(),
                        List.of(buffer.width() * FORMAT_BYTES, 0, 0, 0),
                        List.of(0, 0, 0, 0))
                : new SetScanout(whole(buffer), scanout, buffer.resourceId());
        return checked(command, GpuRequest.of(command), TraceContext.NONE);
    }

    /** Flushes the whole buffer, fenced: the answer says that its content is on the scanout. */
    public CompletableFuture<Completion<GpuReply>> flush(GpuBuffer buffer) {
        ResourceFlush command = new ResourceFlush(whole(buffer), buffer.resourceId());
        return checked(command, GpuRequest.fenced(lastFence.incrementAndGet(), command), TraceContext.NONE);
    }

    /** The owner lets go of the buffer; it is gone once its dma-buf is released as well. */
    public void free(GpuBuffer buffer) {
        if (buffer.close()) {
            unref(buffer);
        }
    }

    /** RESOURCE_ASSIGN_UUID commands sent so far. */
    public int uuidsAsked() {
        return uuidsAsked.get();
    }

    /** Ends with the reason when the device or the connection is gone. */
    public CompletableFuture<ErrnoException> gone() {
        return stream.closed().thenApply(answers::named);
    }

    /**
     * Ends the stream, which unplugs the device; returns when the device has let go of the guest's memory or took too
     * long. Whoever still waits for an answer gets ENODEV.
     */
    @Override
    public void close() {
        stream.close();
        Streams.awaitEnd(stream, answers);
        buffers.forEach(this::forget);
    }

    private void unref(GpuBuffer buffer) {
        stream.submit(GpuRequest.of(new ResourceUnref(buffer.resourceId())), new CompletionHandler<>() {
            @Override
            public void completed(Completion<GpuReply> completion) {
                forget(buffer);
            }

            @Override
            public void failed(ErrnoException error) {
                // The stream is ending: close waits until the device is gone and then frees the pages.
            }
        });
    }

    private void forget(GpuBuffer buffer) {
        if (buffers.remove(buffer)) {
            memory.free(buffer.backing());
        }
    }

    /** Nobody waits for the answer; an error is the buffer's. */
    private void failing(GpuBuffer buffer, GpuCommand command) {
        failing(buffer, command, Sent.NONE);
    }

    private void failing(GpuBuffer buffer, GpuCommand command, Sent traced) {
        var _ = checked(command, GpuRequest.of(command), traced.context()).whenComplete((_, error) -> {
            traced.ended(error);
            if (error != null) {
                buffer.fail(answers.named(error));
            }
        });
    }

    /** Like the stream's own, but an error code is a failure too. */
    private CompletableFuture<Completion<GpuReply>> checked(
            GpuCommand command, GpuRequest request, TraceContext trace) {
        return answers.named(stream.submit(request, trace).thenApply(completion -> {
            GpuResult result = completion.response().response().result();
            if (result.isError()) {
                throw new CommandRefusedException(
                        errno(result), answers.service(), command.type().name(), result.wireName());
            }
            return completion;
        }));
    }

    private static Errno errno(GpuResult result) {
        return switch (result) {
            case ERR_OUT_OF_MEMORY -> Errno.ENOMEM;
            case ERR_UNSPEC -> Errno.EIO;
            default -> Errno.EINVAL;
        };
    }

    private static Rect whole(GpuBuffer buffer) {
        return Rect.of(buffer.width(), buffer.height());
    }

    /** The exporter's side of a dma-buf. Guest code never touches the pixels, so there is nothing to map. */
    private final class Operations implements VirtioDmaBufOps {

        private final GpuBuffer buffer;

        Operations(GpuBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public UuidRegistration registration() {
            return buffer.registration().uuidRegistration();
        }

        /** The backing; what the device writes stays in its own copy until it is transferred. */
        @Override
        public MemorySegment map(DmaBuf dmaBuf, Attachment attachment) {
            return buffer.backing().segment();
        }

        @Override
        public void unmap(DmaBuf dmaBuf, Attachment attachment, MemorySegment mapping) {}

        @Override
        public void release(DmaBuf dmaBuf) {
            exports.remove(dmaBuf);
            if (buffer.released()) {
                unref(buffer);
            }
        }
    }
}
