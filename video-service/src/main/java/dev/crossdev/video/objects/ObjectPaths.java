package dev.crossdev.video.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.objects.v1.AttachResponse;
import dev.crossdev.video.device.FencedMemory;
import dev.crossdev.video.device.SentPictures;
import java.util.concurrent.atomic.AtomicBoolean;

/** Which way leads to an attached object's content: mapped, or sent. Says in the log when it is not mapped, and why. */
final class ObjectPaths {
    private static final System.Logger LOG = System.getLogger(ObjectPaths.class.getName());

    private final Placement placement;
    private final DescriptorSocket socket;
    private final MemoryCache memories;
    /** Said when it begins, not with each import. */
    private final AtomicBoolean sending = new AtomicBoolean();

    ObjectPaths(Placement placement, DescriptorSocket socket, MemoryCache memories) {
        this.placement = placement;
        this.socket = socket;
        this.memories = memories;
    }

    /**
     * Waits for the descriptor socket when it is asked.
     *
     * @param sender of this object's pictures, should that be the way
     * @throws ErrnoException EIO when there is no way; EPROTO for an answer that makes no sense
     */
    ReachedObject reach(AttachResponse attached, SentPictures.Sender sender) {
        return switch (placement) {
            case STREAM -> sent(attached, sender);
            case SHARED_MEMORY -> mapped(attached);
            case AUTO -> mappedOrSent(attached, sender);
        };
    }

    private ReachedObject mappedOrSent(AttachResponse attached, SentPictures.Sender sender) {
        try {
            ReachedObject mapped = mapped(attached);
            sending.set(false);
            return mapped;
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EIO) {
                throw e;
            }
            System.Logger.Level level = sending.getAndSet(true) ? System.Logger.Level.DEBUG : System.Logger.Level.INFO;
            LOG.log(level, "pictures are sent over gRPC: {0}", e.getMessage());
            return sent(attached, sender);
        }
    }

    private ReachedObject mapped(AttachResponse attached) {
        ImportedMemory memory = ImportedMemory.map(attached, socket, memories);
        return new ReachedObject(
                memory.layout(),
                new FencedMemory(memory.bytes(), memory.fence(), attached.getAttachment()),
                memory::close);
    }

    private static ReachedObject sent(AttachResponse attached, SentPictures.Sender sender) {
        return new ReachedObject(ImportedMemory.layout(attached), new SentPictures(sender), () -> {});
    }
}
