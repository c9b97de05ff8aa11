package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.ExportInfo;
import dev.crossdev.dmabuf.UuidRegistration;
import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.VirtioDmaBufOps;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.FenceTable;
import dev.crossdev.dmabuf.fence.Reservation;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.gpu.device.ObjectExport;
import dev.crossdev.gpu.device.ObjectExports.ExportedMemory;
import dev.crossdev.gpu.device.ObjectExports.Layout;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
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
    private final MemoryHandout handout;
    private final Consumer<ExportedObject> withdrawn;
    private final Consumer<ExportedObject> gone;
    private final Reservation reservation;
    private final VirtioDmaBuf buffer;
    private final Map<Integer, Hold> holds = new ConcurrentHashMap<>();
    private final AtomicBoolean named = new AtomicBoolean(true);
    private final Object lock = new Object();
    private @Nullable MemoryToken token;

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
            MemoryHandout handout,
            Consumer<ExportedObject> withdrawn,
            Consumer<ExportedObject> gone) {
        this.guest = guest;
        this.device = device;
        this.uuid = uuid;
        this.exported = exported;
        this.fences = fences;
        this.handout = handout;
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

    /** The bytes of the object. Only for whoever holds it. */
    public MemorySegment bytes() {
        return exported.memory().slice(0, exported.layout().size());
    }

    SharedMemory memory() {
        return exported.memory();
    }

    /** What gets its memory at the descriptor socket; published when first asked for. */
    MemoryToken token() {
        synchronized (lock) {
            if (token == null) {
                token = handout.publish(exported.memory());
            }
            return token;
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

    void add(Hold hold) {
        holds.put(hold.attachment(), hold);
    }

    void remove(Hold hold) {
        holds.remove(hold.attachment(), hold);
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

    @Override
    public List<String> importers() {
        return holds().stream().map(Hold::toString).toList();
    }

    @Override
    public void withdraw() {
        if (named.compareAndSet(true, false)) {
            withdrawn.accept(this);
            buffer.put();
        }
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

        @Override
        public MemorySegment map(DmaBuf mapped, Attachment attachment) {
            return bytes();
        }

        /** The mapping is the memory's own; it goes with it. */
        @Override
        public void unmap(DmaBuf mapped, Attachment attachment, MemorySegment mapping) {}

        @Override
        public void release(DmaBuf released) {
            reservation.close();
            fences.free(slotIndex);
            Optional<MemoryToken> published;
            synchronized (lock) {
                published = Optional.ofNullable(token);
            }
            published.ifPresent(handout::withdraw);
            exported.released().run();
            gone.accept(ExportedObject.this);
        }
    }
}
