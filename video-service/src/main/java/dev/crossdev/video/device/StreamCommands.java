package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.memory.GuestMemory;
import dev.crossdev.virtio.memory.ScatterList;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.PlanesLayout;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.StreamCreate;
import dev.crossdev.virtio.video.VideoFeature;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkNodata;
import dev.crossdev.virtio.video.VideoResult;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The checks that commands have to pass before a stream changes. Guarded by the device's lock. */
final class StreamCommands {
    private final Features accepted;
    private final GuestMemory memory;
    private final DecoderLimits limits;

    StreamCommands(Features accepted, GuestMemory memory, DecoderLimits limits) {
        this.accepted = accepted;
        this.memory = memory;
        this.limits = limits;
    }

    /** Why a stream like that cannot be. */
    @Nullable
    VideoResult refuse(StreamCreate command) {
        boolean valid = command.codedFormat() == VideoFormat.H264.number()
                && StreamParams.supports(QueueType.INPUT, command.inMemType(), accepted)
                && StreamParams.supports(QueueType.OUTPUT, command.outMemType(), accepted);
        return valid ? null : VideoResult.ERR_INVALID_PARAMETER;
    }

    /**
     * SET_PARAMS and SET_PARAMS_EXT.
     *
     * @param memType only in the latter
     */
    @Nullable
    VideoResult setParams(DecoderStream stream, VideoParams wanted, Optional<MemType> memType) {
        QueueType queue = wanted.queueType();
        // crosvm decoder: inputs are fixed once the session exists, outputs once one was queued.
        boolean fixed = switch (queue) {
            case INPUT -> stream.hasSession();
            case OUTPUT -> stream.outputsUsed();
        };
        MemType type = memType.orElse(stream.params().memory(queue));
        boolean typeFixed =
                type != stream.params().memory(queue) && !stream.queue(queue).isEmpty();
        if (fixed
                || typeFixed
                || !StreamParams.supports(queue, type, accepted)
                || !stream.params().accepts(wanted)) {
            return VideoResult.ERR_INVALID_PARAMETER;
        }
        stream.params().memory(queue, type);
        stream.params().set(wanted);
        return null;
    }

    /** Why a resource cannot be made, whatever its memory turns out to be. */
    @Nullable
    VideoResult refuse(DecoderStream stream, ResourceCreate command) {
        if (command.planesLayout() != PlanesLayout.SINGLE_BUFFER.number()) {
            return VideoResult.ERR_INVALID_PARAMETER;
        }
        if (command.planes().size() != 1) {
            return VideoResult.ERR_INVALID_OPERATION;
        }
        BufferQueue<?> queue = stream.queue(command.queueType());
        if (queue.isQueued(command.resourceId())) {
            return VideoResult.ERR_INVALID_OPERATION;
        }
        int entries = command.planes().getFirst().size();
        switch (stream.params().memory(command.queueType())) {
            case VIRTIO_OBJECT -> {
                if (entries != 1) {
                    return VideoResult.ERR_INVALID_OPERATION;
                }
            }
            case GUEST_PAGES -> {
                if (entries == 0) {
                    return VideoResult.ERR_INVALID_OPERATION;
                }
                if (entries > 1 && !accepted.has(VideoFeature.RESOURCE_NON_CONTIG)) {
                    return VideoResult.ERR_INVALID_PARAMETER;
                }
            }
        }
        boolean replaces = queue.buffer(command.resourceId()).isPresent();
        return !replaces && queue.buffers().size() + stream.importing() >= limits.buffers()
                ? VideoResult.ERR_OUT_OF_MEMORY
                : null;
    }

    /** RESOURCE_CREATE in the guest's own memory. */
    VideoResponse createFromPages(DecoderStream stream, ResourceCreate command) {
        ScatterList pages;
        try {
            pages = new ScatterList(
                    memory,
                    command.planes().getFirst().stream()
                            .map(ResourceEntry::asMemEntry)
                            .toList());
        } catch (ErrnoException e) {
            // What crosvm answers when a mapping fails.
            return DecoderStream.error(VideoResult.ERR_INVALID_OPERATION);
        }
        long offset = Integer.toUnsignedLong(command.planeOffsets().getFirst());
        switch (command.queueType()) {
            case INPUT -> {
                if (offset > pages.size()) {
                    return DecoderStream.error(VideoResult.ERR_INVALID_PARAMETER);
                }
                if (pages.size() > limits.inputBytes()) {
                    return DecoderStream.error(VideoResult.ERR_OUT_OF_MEMORY);
                }
                stream.inputs().put(new InputBuffer(command.resourceId(), pages, offset));
            }
            case OUTPUT -> {
                ObjectLayout layout = stream.params().packedLayout(offset);
                if (layout.size() > pages.size()) {
                    return DecoderStream.error(VideoResult.ERR_INVALID_PARAMETER);
                }
                stream.outputs()
                        .put(new OutputBuffer(
                                command.resourceId(),
                                Optional.empty(),
                                new GuestPagesTarget(layout, pages),
                                Instant.now()));
            }
        }
        return new OkNodata();
    }

    /** RESOURCE_CREATE of what was imported. Null, or why the stream's pictures do not go in as they are. */
    @Nullable
    VideoResult createFromObject(DecoderStream stream, ResourceCreate command, ImportedObject object) {
        ObjectLayout layout = object.layout();
        StreamParams params = stream.params();
        ImportedObject target = object;
        if (layout.isFormatted()) {
            if (!holdsBgra(layout.format())
                    || layout.width() != params.width()
                    || layout.height() != params.height()
                    || !layout.holdsItsPixels()) {
                return VideoResult.ERR_INVALID_PARAMETER;
            }
        } else {
            // Bytes without a layout have the driver's: rows tightly packed from the plane's offset on.
            ObjectLayout packed = params.packedLayout(
                    Integer.toUnsignedLong(command.planeOffsets().getFirst()));
            if (packed.size() > layout.size()) {
                return VideoResult.ERR_INVALID_PARAMETER;
            }
            target = new LaidOutObject(object, packed);
        }
        OutputBuffer output = new OutputBuffer(command.resourceId(), Optional.of(uuid(command)), target, Instant.now());
        if (!object.onRevoked(() -> stream.revoked(output))) {
            return VideoResult.ERR_INVALID_OPERATION;
        }
        stream.outputs().put(output);
        return null;
    }

    static UUID uuid(ResourceCreate command) {
        return command.planes().getFirst().getFirst().asUuid();
    }

    /** Bytes B, G, R and A; where the exporter has no use for the fourth, alpha does no harm. */
    private static boolean holdsBgra(int format) {
        return format == PixelFormat.B8G8R8A8_UNORM.number() || format == PixelFormat.B8G8R8X8_UNORM.number();
    }
}
