package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Access;
import dev.crossdev.dmabuf.fence.PollEvent;
import dev.crossdev.dmabuf.fence.Reservation;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A shareable, reference-counted buffer (Linux, struct dma_buf). An exporter makes it, importers attach to it and map it;
 * when the last reference goes the exporter is told to release the memory.
 *
 * <p>Release order, as drivers/dma-buf/dma-buf.c has it: the buffer leaves its list, the exporter releases, the buffer's own
 * reservation ends, attachments that remain are counted as a violation, the list forgets its share of the bytes.
 */
public sealed class DmaBuf permits VirtioDmaBuf {
    /** DMA_BUF_NAME_LEN (32) less the final zero byte: longest name in bytes of UTF-8. */
    public static final int LONGEST_NAME = 31;

    /** How long a vmap waits for an exporter that is at it already. */
    private static final Duration VMAP_PATIENCE = Duration.ofSeconds(10);

    private final DmaBufList owner;
    private final long id;
    private final String exporterName;
    private final long size;
    private final DmaBufOps ops;
    private final Reservation reservation;
    private final boolean ownReservation;
    private final AttachmentList attachments;
    private final VirtualMapping vmapping;
    private final CpuMappings mmaps;
    private final Instant since = Instant.now();
    private final Object lock = new Object();
    private int references = 1;
    private volatile @Nullable String name;

    DmaBuf(ExportInfo<?> info) {
        this.owner = info.owner();
        this.id = owner.nextId();
        this.exporterName = info.exporterName();
        this.size = info.size();
        this.ops = info.ops();
        this.ownReservation = info.reservation().isEmpty();
        this.reservation = info.reservation().orElseGet(Reservation::new);
        this.attachments = new AttachmentList(this, ops, owner.violations());
        this.mmaps = new CpuMappings(this, ops);
        this.vmapping = new VirtualMapping(this, ops, VMAP_PATIENCE);
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
            takeVmapping();
            ops.release(this);
        } finally {
            if (ownReservation) {
                reservation.close();
            }
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
     * Detaches a device. What it had mapped or pinned is undone, though it should have been before; an attachment of another
     * buffer, or one that is detached already, is ignored; all of these are counted as violations.
     */
    public final void detach(Attachment attachment) {
        attachments.detach(attachment);
    }

    /** The devices attached now. */
    public final List<Attachment> attachments() {
        return attachments.all();
    }

    /**
     * Maps the buffer for an attached device. For a static device a buffer that can move is pinned until it is unmapped, and
     * KERNEL fences are waited for; a dynamic one waits for them itself before it uses the mapping.
     *
     * @throws ErrnoException EINVAL when the attachment is not one of this buffer; ENOMEM when the exporter has nothing
     *     to map; EINTR while waiting; whatever the exporter refuses with. Nothing stays mapped or pinned then
     */
    public final MemorySegment map(Attachment attachment) {
        return attachments.map(attachment);
    }

    /** Gives back what {@link #map} gave. Anything else is ignored and counted as a violation. */
    public final void unmap(Attachment attachment, MemorySegment mapping) {
        attachments.unmap(attachment, mapping);
    }

    /**
     * Keeps a buffer that can move where it is, for a dynamic device, until as many unpins have come.
     *
     * @throws ErrnoException EINVAL when the attachment is not one of this buffer, or static; whatever the exporter refuses
     *     with
     */
    public final void pin(Attachment attachment) {
        attachments.pin(attachment);
    }

    /** Undoes one {@link #pin}. Without one it is ignored and counted as a violation. */
    public final void unpin(Attachment attachment) {
        attachments.unpin(attachment);
    }

    /** For the exporter, when the buffer moves: tells the dynamic devices. */
    public final void moveNotify() {
        attachments.moveNotify();
    }

    /** The fences of whoever is at work on it. */
    public final Reservation reservation() {
        return reservation;
    }

    /**
     * Before the CPU accesses the bytes: the exporter makes them accessible, then fences are waited for, those of writers
     * by a reader, all by a writer.
     *
     * @param wait the caller's patience; zero looks once
     * @throws ErrnoException ETIMEDOUT, EINTR; whatever the exporter refuses with
     */
    public final void beginCpuAccess(Access access, Duration wait) {
        ops.beginCpuAccess(this, access);
        reservation.await(access.waitsFor(), wait);
    }

    /**
     * After the CPU has accessed the bytes.
     *
     * @throws ErrnoException whatever the exporter says
     */
    public final void endCpuAccess(Access access) {
        ops.endCpuAccess(this, access);
    }

    /**
     * Maps a part for a program. The mapping holds a reference.
     *
     * @param offset bytes, a multiple of {@link dev.crossdev.dmabuf.memory.SharedMemory#PAGE}, unsigned
     * @param length bytes; unlike a kernel's, a mapping here ends with its last byte, not its last page
     * @throws ErrnoException EOVERFLOW when offset + length wraps; EINVAL beyond the size, for an offset within a page, for
     *     no bytes, and when the exporter has no mmap; ENOENT when the buffer was released
     */
    public final CpuMapping mmap(long offset, long length) {
        get();
        boolean mapped = false;
        try {
            CpuMapping mapping = mmaps.map(offset, length);
            mapped = true;
            return mapping;
        } finally {
            if (!mapped) {
                put();
            }
        }
    }

    /**
     * All bytes for a driver, which holds a reference of its own: one mapping, shared and counted.
     *
     * @throws ErrnoException EINVAL when the exporter has no vmap; ENOMEM when it has no memory; EBUSY when it takes too long
     *     to map it for somebody else; EINTR; whatever it refuses with
     */
    public final MemorySegment vmap() {
        return vmapping.get();
    }

    /**
     * Gives back what {@link #vmap} gave.
     *
     * @throws IllegalStateException more was given back than taken, or something else: a BUG in Linux
     */
    public final void vunmap(MemorySegment mapping) {
        vmapping.put(mapping);
    }

    /** Mappings for the CPU now: mmaps, and one more while it is vmapped. */
    public final int cpuMappings() {
        return mmaps.count() + (vmapping.count() > 0 ? 1 : 0);
    }

    /** Those of the events that poll(2) would report now, without waiting. */
    public final Set<PollEvent> poll(Set<PollEvent> wanted) {
        return reservation.poll(wanted);
    }

    /**
     * Waits until poll(2) would report one of the events; none when the time has passed.
     *
     * @throws ErrnoException EINTR
     */
    public final Set<PollEvent> poll(Set<PollEvent> wanted, Duration wait) {
        return reservation.poll(wanted, wait);
    }

    /**
     * Runs the callback once, when the fences that keep the event away now have signalled. The buffer is held until then, or
     * until the subscription is closed.
     *
     * @throws ErrnoException ENOENT when the buffer was released
     */
    public final Subscription onReady(PollEvent event, Runnable action) {
        get();
        AtomicBoolean over = new AtomicBoolean();
        Runnable giveBack = () -> {
            if (over.compareAndSet(false, true)) {
                put();
            }
        };
        Subscription armed = reservation.onReady(event, () -> {
            try {
                action.run();
            } finally {
                giveBack.run();
            }
        });
        return () -> {
            armed.close();
            giveBack.run();
        };
    }

    /** Asks the exporter whether the device may attach. */
    void askExporter(Attachment attachment) {
        ops.attach(this, attachment);
    }

    /** Where its registration stands, for those that have one. */
    Optional<RegistrationInfo> registrationInfo() {
        return Optional.empty();
    }

    /**
     * As a listing shows it; empty when it was released. A reference is held meanwhile, as Linux's iterator does, so when the
     * last other one goes just then, the buffer is released by this thread.
     */
    public final Optional<BufferInfo> info() {
        if (!tryGet()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new BufferInfo(
                    id,
                    exporterName,
                    name(),
                    size,
                    references() - 1,
                    since,
                    cpuMappings(),
                    attachments().stream().map(Attachment::info).toList(),
                    reservation.info(),
                    registrationInfo()));
        } finally {
            put();
        }
    }

    @Override
    public final String toString() {
        String named = name;
        return exporterName + "#" + id + (named == null ? "" : " (" + named + ")");
    }

    private void takeVmapping() {
        int left = vmapping.forget();
        if (left > 0) {
            owner.violations()
                    .report(
                            Violations.Kind.RELEASED_WHILE_VMAPPED,
                            this + " was released while vmapped " + left + " times");
        }
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

    private ErrnoException released() {
        return new ErrnoException(Errno.ENOENT, this + " was released");
    }
}
