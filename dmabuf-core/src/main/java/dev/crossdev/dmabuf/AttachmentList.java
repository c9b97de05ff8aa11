package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Usage;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The devices on one buffer, what they have mapped and what they have pinned. */
final class AttachmentList {
    private static final System.Logger LOG = System.getLogger(AttachmentList.class.getName());

    /** As long as it takes: every fence has a deadline of its own. */
    private static final Duration UNTIL_SIGNALLED = Duration.ofNanos(Long.MAX_VALUE);

    private final DmaBuf buffer;
    private final DmaBufOps ops;
    private final Violations violations;
    private final List<Attachment> attachments = new ArrayList<>(2);

    AttachmentList(DmaBuf buffer, DmaBufOps ops, Violations violations) {
        this.buffer = buffer;
        this.ops = ops;
        this.violations = violations;
    }

    synchronized List<Attachment> all() {
        return List.copyOf(attachments);
    }

    synchronized void add(Attachment attachment) {
        attachments.add(attachment);
    }

    void detach(Attachment attachment) {
        boolean mine;
        synchronized (this) {
            mine = attachments.remove(attachment);
        }
        if (!mine) {
            mismatch("detach from " + buffer + " of what is not attached to it");
            return;
        }
        Attachment.Leftover left = attachment.end();
        int forgotten = left.mappings().size();
        if (forgotten > 0 || left.pins() > 0) {
            mismatch("detach from " + buffer + " with " + forgotten + " mappings and " + left.pins() + " pins");
        }
        try {
            left.mappings().forEach(mapping -> ops.unmap(buffer, attachment, mapping));
            for (int i = 0; i < left.pins(); i++) {
                unpinAtExporter(attachment);
            }
        } finally {
            ops.detach(buffer, attachment);
        }
    }

    /** A static device pins what it maps, and may use it only when the kernel is done with it; a dynamic one looks itself. */
    MemorySegment map(Attachment attachment) {
        requireMine(attachment);
        boolean pinned = pinsOnMap(attachment);
        if (pinned) {
            pinAtExporter(attachment);
        }
        MemorySegment mapping = null;
        boolean mapped = false;
        try {
            mapping = ops.map(buffer, attachment);
            if (mapping == null) {
                throw new ErrnoException(Errno.ENOMEM, buffer + " has no memory to map");
            }
            if (!attachment.dynamic()) {
                buffer.reservation().await(Usage.KERNEL, UNTIL_SIGNALLED);
            }
            mapped = attachment.addMapping(mapping);
        } finally {
            if (!mapped) {
                undoMap(attachment, mapping, pinned);
            }
        }
        if (!mapped) {
            throw new ErrnoException(Errno.EINVAL, "detached from " + buffer + " while mapping");
        }
        return mapping;
    }

    void unmap(Attachment attachment, MemorySegment mapping) {
        if (attachment.buffer() != buffer || !attachment.removeMapping(mapping)) {
            mismatch("unmap from " + buffer + " of what is not mapped");
            return;
        }
        ops.unmap(buffer, attachment, mapping);
        if (pinsOnMap(attachment) && attachment.removePin()) {
            unpinAtExporter(attachment);
        }
    }

    void pin(Attachment attachment) {
        requireMine(attachment);
        if (!attachment.dynamic()) {
            throw new ErrnoException(Errno.EINVAL, "a static device pins by mapping");
        }
        pinAtExporter(attachment);
    }

    void unpin(Attachment attachment) {
        if (attachment.buffer() != buffer || !attachment.dynamic() || !attachment.removePin()) {
            mismatch("unpin of " + buffer + " by what has no pin");
            return;
        }
        unpinAtExporter(attachment);
    }

    void moveNotify() {
        for (Attachment attachment : all()) {
            if (attachment.importer() instanceof DynamicImporter dynamic) {
                try {
                    dynamic.moveNotify(attachment);
                } catch (RuntimeException e) {
                    // The buffer moves all the same, and the others have to know.
                    LOG.log(System.Logger.Level.WARNING, "an importer could not be told that " + buffer + " moves", e);
                }
            }
        }
    }

    private boolean pinsOnMap(Attachment attachment) {
        return ops instanceof PinOps && !attachment.dynamic();
    }

    private void pinAtExporter(Attachment attachment) {
        if (ops instanceof PinOps pinOps) {
            pinOps.pin(buffer, attachment);
        }
        if (!attachment.addPin()) {
            unpinAtExporter(attachment);
            throw new ErrnoException(Errno.EINVAL, "detached from " + buffer + " while pinning");
        }
    }

    private void unpinAtExporter(Attachment attachment) {
        if (ops instanceof PinOps pinOps) {
            pinOps.unpin(buffer, attachment);
        }
    }

    private void undoMap(Attachment attachment, @Nullable MemorySegment mapping, boolean pin) {
        if (mapping != null) {
            ops.unmap(buffer, attachment, mapping);
        }
        // A detach in between has undone the pin.
        if (pin && attachment.removePin()) {
            unpinAtExporter(attachment);
        }
    }

    private void requireMine(Attachment attachment) {
        if (attachment.buffer() != buffer || attachment.detached()) {
            throw new ErrnoException(Errno.EINVAL, "not attached to " + buffer);
        }
    }

    private void mismatch(String detail) {
        violations.report(Violations.Kind.DETACH_MISMATCH, detail);
    }
}
