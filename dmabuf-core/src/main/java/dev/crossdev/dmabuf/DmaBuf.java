package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A shareable, reference-counted buffer (Linux, struct dma_buf). An exporter makes it, importers attach to it and map it;
 * when the last reference goes the exporter is told to release the memory.
 *
 * <p>Release order, as drivers/dma-buf/dma-buf.c has it: the buffer leaves its list, the exporter releases, attachments
 * that remain are counted as a violation, the list forgets its share of the bytes.
 */
public sealed class DmaBuf permits VirtioDmaBuf {
    /** DMA_BUF_NAME_LEN (32) less the final zero byte: longest name in bytes of UTF-8. */
    public static final int LONGEST_NAME = 31;

    private final DmaBufList owner;
    private final long id;
    private final String exporterName;
    private final long size;
    private final DmaBufOps ops;
    private final Instant since = Instant.now();
    private final Object lock = new Object();
    private final List<Attachment> attachments = new ArrayList<>(2);
    private int references = 1;
    private volatile @Nullable String name;

    DmaBuf(ExportInfo<?> info) {
        this.owner = info.owner();
        this.id = owner.nextId();
        this.exporterName = info.exporterName();
        this.size = info.size();
        this.ops = info.ops();
    }

    /**
     * Makes a plain dma-buf with one reference, the caller's.
     *
     * @throws ErrnoException ENOENT when the owner is going away
     */
    public static DmaBuf export(ExportInfo<?> info) {
        DmaBuf buffer = new DmaBuf(info);
        buffer.owner.add(buffer);
        return buffer;
    }

    /** Unique within its list; grows. */
    public long id() {
        return id;
    }

    public String exporterName() {
        return exporterName;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    public Instant since() {
        return since;
    }

    public Optional<String> name() {
        return Optional.ofNullable(name);
    }

    /**
     * Names the buffer for listings, at any time and as often as liked.
     *
     * @throws ErrnoException EINVAL when it takes more than {@link #LONGEST_NAME} bytes of UTF-8
     */
    public void setName(String newName) {
        if (newName.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
            throw new ErrnoException(Errno.EINVAL, "a buffer's name has at most " + LONGEST_NAME + " bytes");
        }
        name = newName;
    }

    public int references() {
        synchronized (lock) {
            return references;
        }
    }

    /** Takes a reference if there still is one to share; false when the buffer was released. */
    public final boolean tryGet() {
        synchronized (lock) {
            if (references == 0) {
                return false;
            }
            references++;
            return true;
        }
    }

    /**
     * Takes a reference.
     *
     * @throws ErrnoException ENOENT when the buffer was released
     */
    public final DmaBuf get() {
        if (!tryGet()) {
            throw released();
        }
        return this;
    }

    /**
     * Gives a reference back; the last one releases the buffer, on this thread.
     *
     * @throws IllegalStateException more was given back than taken
     */
    public final void put() {
        synchronized (lock) {
            if (references == 0) {
                throw new IllegalStateException(this + " was put once too often");
            }
            references--;
            if (references > 0) {
                return;
            }
        }
        owner.leave(this);
        try {
            ops.release(this);
        } finally {
            reportForgotten();
            owner.forget(this);
        }
    }

    /**
     * Attaches a device. Takes no reference: the importer holds one of its own.
     *
     * @throws ErrnoException EINVAL without an importer; ENOENT when the buffer was released; whatever the exporter
     *     refuses with, and then nothing is listed
     */
    public final Attachment attach(Importer importer) {
        if (Objects.isNull(importer)) {
            throw new ErrnoException(Errno.EINVAL, "attach needs a device");
        }
        if (references() == 0) {
            throw released();
        }
        Attachment attachment = new Attachment(this, importer);
        askExporter(attachment);
        synchronized (lock) {
            if (references > 0) {
                attachments.add(attachment);
                return attachment;
            }
        }
        ops.detach(this, attachment);
        throw released();
    }

    /**
     * Detaches a device. What it had mapped is unmapped, though it should have been before; an attachment of another
     * buffer, or one that is detached already, is ignored; all three are counted as violations.
     */
    public final void detach(Attachment attachment) {
        boolean mine;
        synchronized (lock) {
            mine = attachments.remove(attachment);
        }
        if (!mine) {
            mismatch("detach from " + this + " of what is not attached to it");
            return;
        }
        List<MemorySegment> left = attachment.end();
        if (!left.isEmpty()) {
            mismatch("detach from " + this + " with " + left.size() + " mappings");
        }
        try {
            left.forEach(mapping -> ops.unmap(this, attachment, mapping));
        } finally {
            ops.detach(this, attachment);
        }
    }

    /** The devices attached now. */
    public final List<Attachment> attachments() {
        synchronized (lock) {
            return List.copyOf(attachments);
        }
    }

    /**
     * Maps the buffer for an attached device.
     *
     * @throws ErrnoException EINVAL when the attachment is not one of this buffer; ENOMEM when the exporter has nothing
     *     to map; whatever the exporter refuses with
     */
    public final MemorySegment map(Attachment attachment) {
        if (!attached(attachment)) {
            throw new ErrnoException(Errno.EINVAL, "not attached to " + this);
        }
        MemorySegment mapping = ops.map(this, attachment);
        if (mapping == null) {
            throw new ErrnoException(Errno.ENOMEM, this + " has no memory to map");
        }
        if (!attachment.addMapping(mapping)) {
            ops.unmap(this, attachment, mapping);
            throw new ErrnoException(Errno.EINVAL, "detached from " + this + " while mapping");
        }
        return mapping;
    }

    /** Gives back what {@link #map} gave. Anything else is ignored and counted as a violation. */
    public final void unmap(Attachment attachment, MemorySegment mapping) {
        if (attachment.buffer() != this || !attachment.removeMapping(mapping)) {
            mismatch("unmap from " + this + " of what is not mapped");
            return;
        }
        ops.unmap(this, attachment, mapping);
    }

    /** Asks the exporter whether the device may attach. */
    void askExporter(Attachment attachment) {
        ops.attach(this, attachment);
    }

    /** Where its UUID comes from, for those that have one. */
    Optional<UuidRegistration> uuidRegistration() {
        return Optional.empty();
    }

    @Override
    public final String toString() {
        String named = name;
        return exporterName + "#" + id + (named == null ? "" : " (" + named + ")");
    }

    private boolean attached(Attachment attachment) {
        return attachment.buffer() == this && !attachment.detached();
    }

    private void reportForgotten() {
        int left = attachments().size();
        if (left > 0) {
            owner.violations()
                    .report(
                            Violations.Kind.RELEASED_WITH_ATTACHMENTS,
                            this + " was released with " + left + " attachments");
        }
    }

    private void mismatch(String detail) {
        owner.violations().report(Violations.Kind.DETACH_MISMATCH, detail);
    }

    private ErrnoException released() {
        return new ErrnoException(Errno.ENOENT, this + " was released");
    }
}
