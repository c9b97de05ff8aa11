package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.ExportInfo;
import dev.crossdev.dmabuf.UuidRegistration;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.VirtioDmaBufOps;
import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.FenceTable;
import dev.crossdev.dmabuf.fence.Reservation;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.gpu.device.ObjectExport;
import dev.crossdev.gpu.device.ObjectExports.ExportedMemory;
import dev.crossdev.gpu.device.ObjectExports.Layout;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One exported object: a virtio dma-buf whose registration was settled when it was made, its fences, and who has attached.
 *
 * <p>The exporting device has one reference until it withdraws, each hold has one, and so has whoever is at work on the
 * pixels. With the last one go the fence slot, the published descriptor and the device's own hold on the memory.
 */
public final class ExportedObject implements ObjectExport {
    private static final System.Logger LOG = System.getLogger(ExportedObject.class.getName());

    /** The exporting device's number in the fence table; attachments have those from 2 on. */
    static final int EXPORTER = 1;

    private final String guest;
    private final String device;
    private final UUID uuid;
    private final ExportedMemory exported;
    private final FenceTable fences;
    private final int slotIndex;
    private final FenceSlot slot;
    private final Publications publications;
    private final Violations violations;
    private final Consumer<ExportedObject> withdrawn;
    private final Consumer<ExportedObject> gone;
    private final Reservation reservation;
    private final VirtioDmaBuf buffer;
    private final Map<Integer, Hold> holds = new ConcurrentHashMap<>();
    private final AtomicInteger attachedEver = new AtomicInteger();
    private final AtomicBoolean named = new AtomicBoolean(true);
    private final Object lock = new Object();
    private final Map<SharedMemory, MemoryToken> tokens = new IdentityHashMap<>();
    private final CompletableFuture<Void> published = new CompletableFuture<>();
    private @Nullable CompletableFuture<Void> revoke;
    /** Copies of the bytes under way here. */
    private int touching;

    /**
     * @param list which the buffer joins
     * @param withdrawn told once, before the device's reference goes
     * @param gone told once, when nobody holds it any more
     * @throws ErrnoException ENOMEM when the fence table is full
     */
    ExportedObject(
            String guest,
            String device,
            UUID uuid,
            ExportedMemory exported,
            DmaBufList list,
            FenceTable fences,
            Publications publications,
            Violations violations,
            Consumer<ExportedObject> withdrawn,
            Consumer<ExportedObject> gone) {
        this.guest = guest;
        this.device = device;
        this.uuid = uuid;
        this.exported = exported;
        this.fences = fences;
        this.publications = publications;
        this.violations = violations;
        this.withdrawn = withdrawn;
        this.gone = gone;
        this.slotIndex = fences.allocate();
        this.slot = fences.slot(slotIndex);
        this.reservation = Reservation.shared(slot, EXPORTER, this::holderName);
        this.buffer = VirtioDmaBuf.exportVirtio(new ExportInfo<>(
                list,
                device,
                exported.layout().size(),
                new Ops(UuidRegistration.settled(uuid)),
                Optional.of(reservation)));
    }

    public String guest() {
        return guest;
    }

    /** The exporting device. */
    public String device() {
        return device;
    }

    @Override
    public UUID uuid() {
        return uuid;
    }

    @Override
    public CompletableFuture<Void> published() {
        return published;
    }

    /** Unsigned; of the resource that it is or was. */
    public int resourceId() {
        return exported.resourceId();
    }

    public Layout layout() {
        return exported.layout();
    }

    public Instant exportedAt() {
        return buffer.since();
    }

    public VirtioDmaBuf buffer() {
        return buffer;
    }

    /** Its number in the fence table. */
    public int slotIndex() {
        return slotIndex;
    }

    /** Only for whoever holds the object; when it is gone, another one has this slot. */
    public FenceSlot fence() {
        return slot;
    }

    /** Where the bytes lie, in their order. */
    List<MemoryPiece> pieces() {
        return exported.pieces();
    }

    /**
     * Copies out of the object. Only for whoever holds it.
     *
     * @param target is filled; inside the object
     * @throws ErrnoException ENOENT when the memory went away under its importers
     */
    public void read(long offset, MemorySegment target) {
        touch(() -> copy(offset, target, false));
    }

    /**
     * Copies into the object. Only for whoever holds it.
     *
     * @param patches all of them are copied; inside the object
     * @throws ErrnoException ENOENT when the memory went away under its importers; nothing was copied then
     */
    public void write(List<Patch> patches) {
        touch(() -> patches.forEach(patch -> copy(patch.offset(), patch.bytes(), true)));
    }

    /** A revoke that comes meanwhile is not over before this is. */
    private void touch(Runnable access) {
        synchronized (lock) {
            if (revoke != null) {
                throw LocalObjects.unknown(uuid);
            }
            touching++;
        }
        try {
            access.run();
        } finally {
            synchronized (lock) {
                touching--;
            }
            completeRevoke();
        }
    }

    private void copy(long offset, MemorySegment other, boolean inward) {
        long start = 0;
        long done = 0;
        for (MemoryPiece piece : exported.pieces()) {
            long within = offset + done - start;
            if (within < piece.length() && done < other.byteSize()) {
                long length = Math.min(piece.length() - within, other.byteSize() - done);
                MemorySegment here = piece.segment().asSlice(within, length);
                MemorySegment there = other.asSlice(done, length);
                (inward ? here : there).copyFrom(inward ? there : here);
                done += length;
            }
            start += piece.length();
        }
    }

    /** What gets that memory at the descriptor socket; published when first asked for. */
    MemoryToken token(SharedMemory memory) {
        synchronized (lock) {
            return tokens.computeIfAbsent(memory, publications::take);
        }
    }

    /** Oldest first. */
    public List<Hold> holds() {
        return holds.values().stream()
                .sorted(Comparator.comparing(Hold::since).thenComparingInt(Hold::attachment))
                .toList();
    }

    public ObjectState state() {
        if (!named.get()) {
            return ObjectState.LINGERING;
        }
        return holds.isEmpty() ? ObjectState.EXPORTED : ObjectState.ATTACHED;
    }

    /** False when the memory is going away: the hold is not taken. */
    boolean add(Hold hold) {
        synchronized (lock) {
            if (revoke != null) {
                return false;
            }
            holds.put(hold.attachment(), hold);
            attachedEver.incrementAndGet();
            return true;
        }
    }

    void remove(Hold hold) {
        holds.remove(hold.attachment(), hold);
        completeRevoke();
    }

    @Override
    public boolean tryBegin(Access access, Duration hold) {
        if (!buffer.tryGet()) {
            return false;
        }
        boolean taken = false;
        try {
            taken = switch (access) {
                case READ -> slot.tryAcquireRead(EXPORTER, hold);
                case WRITE -> slot.tryAcquireWrite(EXPORTER, hold);
            };
            return taken;
        } finally {
            if (!taken) {
                buffer.put();
            }
        }
    }

    @Override
    public void begin(Access access, Duration wait, Duration hold) {
        if (!buffer.tryGet()) {
            throw new ErrnoException(Errno.ENOENT, "object " + uuid + " is gone");
        }
        boolean taken = false;
        try {
            switch (access) {
                case READ -> slot.acquireRead(EXPORTER, wait, hold);
                case WRITE -> slot.acquireWrite(EXPORTER, wait, hold);
            }
            taken = true;
        } finally {
            if (!taken) {
                buffer.put();
            }
        }
    }

    @Override
    public void end(Access access) {
        boolean released = switch (access) {
            case READ -> slot.releaseRead(EXPORTER);
            case WRITE -> slot.releaseWrite(EXPORTER, false);
        };
        if (!released) {
            LOG.log(System.Logger.Level.WARNING, () -> "the device held " + access + " of " + uuid + " for too long");
        }
        buffer.put();
    }

    /** Its UUID is there from the beginning; who wants to know it attaches. */
    @Override
    public Optional<BufferInfo> info() {
        return buffer.info()
                .map(info -> info.withRegistration(
                        info.registration().map(registration -> registration.withAsked(attachedEver.get()))));
    }

    @Override
    public void withdraw() {
        if (named.compareAndSet(true, false)) {
            withdrawn.accept(this);
            buffer.put();
        }
    }

    @Override
    public CompletableFuture<Void> revoke(Duration patience) {
        CompletableFuture<Void> letGo = new CompletableFuture<>();
        synchronized (lock) {
            if (revoke != null) {
                return revoke;
            }
            revoke = letGo;
        }
        withdraw();
        holds().forEach(Hold::askToLetGo);
        completeRevoke();
        if (!letGo.isDone()) {
            CompletableFuture.delayedExecutor(patience.toNanos(), TimeUnit.NANOSECONDS)
                    .execute(() -> cutOff(patience));
        }
        return letGo;
    }

    /** Those that did not answer in time lose all that they hold, so that nobody waits for them again. */
    private void cutOff(Duration patience) {
        for (Hold hold : holds()) {
            violations.report(
                    Violations.Kind.REVOKE_NOT_ACKNOWLEDGED,
                    hold + " did not let go of " + this + " within " + patience.toMillis() + " ms");
            hold.cutOff();
        }
        completeRevoke();
    }

    private void completeRevoke() {
        CompletableFuture<Void> over;
        synchronized (lock) {
            over = revoke;
            if (over == null || touching > 0 || !holds.isEmpty()) {
                return;
            }
        }
        over.complete(null);
    }

    @Override
    public String toString() {
        return guest + "/" + device + "/" + Integer.toUnsignedString(resourceId()) + " " + uuid;
    }

    private String holderName(int holder) {
        Hold hold = holds.get(holder);
        return holder == EXPORTER ? device : hold == null ? "holder " + holder : hold.toString();
    }

    private final class Ops implements VirtioDmaBufOps {
        private final UuidRegistration registration;

        Ops(UuidRegistration registration) {
            this.registration = registration;
        }

        @Override
        public UuidRegistration registration() {
            return registration;
        }

        /** Scattered pages are one run of bytes only to who maps them itself. */
        @Override
        public @Nullable MemorySegment map(DmaBuf mapped, Attachment attachment) {
            List<MemoryPiece> pieces = exported.pieces();
            return pieces.size() == 1 ? pieces.getFirst().segment() : null;
        }

        /** The mapping is the memory's own; it goes with it. */
        @Override
        public void unmap(DmaBuf mapped, Attachment attachment, MemorySegment mapping) {}

        @Override
        public void release(DmaBuf released) {
            reservation.close();
            fences.free(slotIndex);
            List<SharedMemory> published;
            synchronized (lock) {
                published = List.copyOf(tokens.keySet());
                tokens.clear();
            }
            published.forEach(publications::giveBack);
            exported.released().run();
            gone.accept(ExportedObject.this);
        }
    }
}
