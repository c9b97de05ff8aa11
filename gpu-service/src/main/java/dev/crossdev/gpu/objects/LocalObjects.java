package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.ObjectTable;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.bufinfo.Bufinfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceTable;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.gpu.device.ObjectExports;
import dev.crossdev.gpu.device.ObjectExports.ExportedMemory;
import dev.crossdev.service.directory.LocalPublisher;
import dev.crossdev.service.directory.Publisher;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The objects that the devices of this process export, by guest and UUID, their fence table, and the importers that hold
 * them. Another guest's object is as unknown as one that never was. Thread-safe; nothing here waits.
 */
public final class LocalObjects implements AutoCloseable {

    /** Fence holders have 24 bits (see FenceSlot); 1 is the exporter. */
    private static final int FIRST_ATTACHMENT = ExportedObject.EXPORTER + 1;

    private static final int LAST_ATTACHMENT = (1 << 24) - 1;

    private final ObjectSettings settings;
    private final MemoryHandout handout;
    private final Publications publications;
    private final Supplier<UUID> uuids;
    private final AttachListener attachListener;
    private final Publisher publisher;
    private final FenceTable fences;
    private final MemoryToken fenceToken;
    private final ObjectTable<ExportedObject> table = new ObjectTable<>();
    private final Set<ExportedObject> alive = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Hold> holds = new ConcurrentHashMap<>();
    private final Map<Importer, ImporterSession> importers = new ConcurrentHashMap<>();
    private final AtomicInteger lastAttachment = new AtomicInteger(FIRST_ATTACHMENT - 1);
    /** Orders changes of the table against the beginning of watches. */
    private final Object lock = new Object();

    private final ObjectWatchers watchers = new ObjectWatchers();
    private boolean closed;
    private boolean fencesClosed;

    private record Importer(String guest, String name) {}

    /** Random UUIDs of version 4; warmed here, so that the first guest does not wait for the generator. */
    public LocalObjects(
            ObjectSettings settings, MemoryHandout handout, AttachListener attachListener, Publisher publisher) {
        this(settings, handout, UUID::randomUUID, attachListener, publisher);
    }

    /** As above, with nobody who listens, and importers that find everything here. */
    public LocalObjects(ObjectSettings settings, MemoryHandout handout) {
        this(settings, handout, UUID::randomUUID);
    }

    LocalObjects(ObjectSettings settings, MemoryHandout handout, Supplier<UUID> uuids) {
        this(settings, handout, uuids, (_, _, _) -> {}, new LocalPublisher());
    }

    private LocalObjects(
            ObjectSettings settings,
            MemoryHandout handout,
            Supplier<UUID> uuids,
            AttachListener attachListener,
            Publisher publisher) {
        this.publisher = publisher;
        this.attachListener = attachListener;
        this.settings = settings;
        this.handout = handout;
        this.publications = new Publications(handout);
        this.uuids = uuids;
        this.fences = FenceTable.create(settings.maxObjects());
        this.fenceToken = handout.publish(fences.memory());
        UUID unused = uuids.get();
        assert unused.version() == 4;
    }

    /**
     * What one device exports.
     *
     * @param violations told when an importer of this device's objects breaks the rules
     */
    public ObjectExports exportsFor(String guest, String device, Violations violations) {
        DmaBufList list = new DmaBufList(violations);
        Object owner = new Object();
        return memory -> export(guest, device, owner, list, violations, memory);
    }

    public ObjectSettings settings() {
        return settings;
    }

    /** The object, or empty when this guest has none of that UUID. */
    public Optional<ExportedObject> find(String guest, UUID uuid) {
        return table.lookup(guest, uuid);
    }

    /** The guest's objects that resolve, by UUID. */
    public List<ExportedObject> list(String guest) {
        return table.list(guest).stream().map(ObjectTable.Entry::value).toList();
    }

    /**
     * The guest's objects as the kernel's {@code dma_buf/bufinfo} shows buffers, by age: those too that resolve no longer
     * and that an importer still holds.
     */
    public Bufinfo bufinfo(String guest) {
        return new Bufinfo(
                Instant.now(),
                alive.stream()
                        .filter(object -> object.guest().equals(guest))
                        .sorted(Comparator.comparing(ExportedObject::exportedAt).thenComparing(ExportedObject::uuid))
                        .flatMap(object -> object.buffer().info().stream())
                        .toList());
    }

    /** How many objects there are in each state; every state is there. */
    public Map<ObjectState, Integer> counts() {
        Map<ObjectState, Integer> counts = new EnumMap<>(ObjectState.class);
        for (ObjectState state : ObjectState.values()) {
            counts.put(state, 0);
        }
        alive.forEach(object -> counts.merge(object.state(), 1, Integer::sum));
        return counts;
    }

    /** How many holds there are. */
    public int attachments() {
        return holds.size();
    }

    /** How many importers watch. */
    public int importers() {
        return importers.size();
    }

    /** The fences of all objects. */
    public FenceTable fences() {
        return fences;
    }

    /** What gets the fence table's memory at the descriptor socket. */
    public MemoryToken fenceToken() {
        return fenceToken;
    }

    public MemoryHandout handout() {
        return handout;
    }

    /**
     * Exports nothing from here on, and importers that are left lose their holds. The fence table goes with the last object,
     * which may be later: devices withdraw theirs in their own time.
     */
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
        }
        List.copyOf(importers.values()).forEach(ImporterSession::close);
        closeFencesIfUnused();
    }

    /**
     * Opens an importer's session.
     *
     * @param listener told of memory that goes away under the importer
     * @throws ErrnoException EEXIST when an importer of that name has one already
     */
    ImporterSession open(String guest, String name, RevokeListener listener) {
        Importer key = new Importer(guest, name);
        ImporterSession session = new ImporterSession(
                hold -> holds.remove(hold.attachment(), hold), () -> importers.remove(key), listener);
        if (importers.putIfAbsent(key, session) != null) {
            throw new ErrnoException(Errno.EEXIST, "an importer named " + name + " watches already");
        }
        return session;
    }

    /**
     * Takes hold of an object.
     *
     * @throws ErrnoException ESTALE when the importer does not watch; ENOENT when this guest has no such object; ENOMEM
     *     when there are too many holds
     */
    Hold attach(String guest, UUID uuid, String importer, String device) {
        ImporterSession session = importers.get(new Importer(guest, importer));
        if (session == null) {
            throw new ErrnoException(Errno.ESTALE, "importer " + importer + " has no Watch stream");
        }
        ExportedObject object =
                find(guest, uuid).filter(found -> found.buffer().tryGet()).orElseThrow(() -> unknown(uuid));
        Hold hold = hold(object, importer, device, session);
        if (!session.add(hold)) {
            holds.remove(hold.attachment(), hold);
            hold.release();
            throw new ErrnoException(Errno.ESTALE, "importer " + importer + " ended its Watch stream");
        }
        attachListener.attached(guest, uuid, named(importer, device));
        return hold;
    }

    /** Lets go. What is not attached is no error. */
    void detach(String guest, String importer, int attachment) {
        ImporterSession session = importers.get(new Importer(guest, importer));
        if (session != null) {
            session.release(attachment);
        }
    }

    /**
     * What the importer holds under that number.
     *
     * @throws ErrnoException ENOENT, also for another importer's
     */
    Hold hold(String guest, String importer, int attachment) {
        return Optional.ofNullable(importers.get(new Importer(guest, importer)))
                .flatMap(session -> session.hold(attachment))
                .orElseThrow(() ->
                        new ErrnoException(Errno.ENOENT, "no attachment " + Integer.toUnsignedString(attachment)));
    }

    /**
     * Tells of the guest's objects: those that are, the marker, then changes.
     *
     * @return ends it
     */
    Runnable watch(String guest, Consumer<ObjectWatcher.Event> listener) {
        ObjectWatcher watcher = new ObjectWatcher(guest, listener);
        synchronized (lock) {
            list(guest).forEach(object -> watcher.note(new ObjectWatcher.Event.Added(object)));
            watcher.note(new ObjectWatcher.Event.Synchronized());
            watchers.add(watcher);
        }
        watcher.tell();
        return () -> watchers.remove(watcher);
    }

    /** The same for an object that never was, one that is gone, and one of another guest. */
    static ErrnoException unknown(UUID uuid) {
        return new ErrnoException(Errno.ENOENT, "no object " + uuid);
    }

    private ExportedObject export(
            String guest, String device, Object owner, DmaBufList list, Violations violations, ExportedMemory memory) {
        ExportedObject object;
        synchronized (lock) {
            if (closed) {
                throw new ErrnoException(Errno.ENOENT, "the service is going away");
            }
            object = new ExportedObject(
                    guest,
                    device,
                    memory.uuid().orElseGet(() -> unusedUuid(guest)),
                    memory,
                    list,
                    fences,
                    publications,
                    violations,
                    withdrawn -> withdraw(withdrawn, owner),
                    this::forget);
            if (!table.add(guest, object.uuid(), owner, object)) {
                throw new IllegalStateException("UUID " + object.uuid() + " came while the table was locked");
            }
            alive.add(object);
            watchers.note(guest, new ObjectWatcher.Event.Added(object));
        }
        watchers.tell(guest);
        publish(object);
        return object;
    }

    private void publish(ExportedObject object) {
        var _ = publisher
                .publish(object.guest(), object.uuid())
                .handle((_, failure) -> failure == null
                        ? object.published().complete(null)
                        : object.published().completeExceptionally(failure));
    }

    private void withdraw(ExportedObject object, Object owner) {
        publisher.withdraw(object.guest(), object.uuid());
        synchronized (lock) {
            if (table.remove(object.guest(), object.uuid(), owner).isPresent()) {
                watchers.note(object.guest(), new ObjectWatcher.Event.Removed(object.uuid()));
            }
        }
        watchers.tell(object.guest());
    }

    private void forget(ExportedObject object) {
        synchronized (lock) {
            alive.remove(object);
        }
        closeFencesIfUnused();
    }

    private void closeFencesIfUnused() {
        synchronized (lock) {
            if (fencesClosed || !closed || !alive.isEmpty()) {
                return;
            }
            fencesClosed = true;
        }
        handout.withdraw(fenceToken);
        fences.close();
    }

    /** 122 random bits do not come twice; a generator that is broken shall not give one object two owners. */
    private UUID unusedUuid(String guest) {
        UUID uuid = uuids.get();
        while (find(guest, uuid).isPresent()) {
            uuid = uuids.get();
        }
        return uuid;
    }

    /** With a reference of the object's buffer in hand, which becomes the hold's. */
    private Hold hold(ExportedObject object, String importer, String device, ImporterSession session) {
        Attachment attached;
        try {
            if (holds.size() >= settings.maxAttachments()) {
                throw new ErrnoException(Errno.ENOMEM, "all " + settings.maxAttachments() + " attachments are taken");
            }
            attached = object.buffer().attach(() -> named(importer, device));
        } catch (ErrnoException e) {
            object.buffer().put();
            throw e;
        }
        Hold hold;
        do {
            hold = new Hold(nextAttachment(), importer, device, object, attached, session);
        } while (holds.putIfAbsent(hold.attachment(), hold) != null);
        if (!object.add(hold)) {
            holds.remove(hold.attachment(), hold);
            hold.release();
            throw unknown(object.uuid());
        }
        return hold;
    }

    private static String named(String importer, String device) {
        return device.isEmpty() ? importer : importer + "/" + device;
    }

    private int nextAttachment() {
        return lastAttachment.updateAndGet(last -> last == LAST_ATTACHMENT ? FIRST_ATTACHMENT : last + 1);
    }
}
