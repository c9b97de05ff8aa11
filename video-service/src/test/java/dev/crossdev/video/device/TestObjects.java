package dev.crossdev.video.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.FenceTable;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.virtio.gpu.PixelFormat;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** An exporter and an importer in one: objects in sealed shared memory, with fences, reached one way or the other. */
final class TestObjects implements ObjectImporter, AutoCloseable {
    static final int HOLDER = 7;

    /** One exported object. */
    record Exported(UUID uuid, ObjectLayout layout, SharedMemory memory, FenceSlot fence, AtomicInteger holds) {
        MemorySegment pixels() {
            return memory.slice(0, layout.size());
        }
    }

    /** How the decoder reaches an object's content. */
    enum Way {
        MAPPED,
        SENT
    }

    private final Way way;
    private final FenceTable fences = FenceTable.create(256);
    private final Map<UUID, Exported> objects = new ConcurrentHashMap<>();
    private final List<CompletableFuture<Void>> gates = new ArrayList<>();
    private final Map<UUID, HeldObject> mapped = new ConcurrentHashMap<>();
    final AtomicInteger attaches = new AtomicInteger();
    private volatile boolean gated;

    TestObjects(Way way) {
        this.way = way;
    }

    Exported export(int width, int height) {
        return export(new ObjectLayout(
                PixelFormat.B8G8R8A8_UNORM.number(), width, height, width * 4, 0, (long) width * height * 4));
    }

    Exported export(ObjectLayout layout) {
        Exported object = new Exported(
                UUID.randomUUID(),
                layout,
                SharedMemory.create("test", layout.size()),
                fences.slot(fences.allocate()),
                new AtomicInteger());
        objects.put(object.uuid(), object);
        return object;
    }

    Exported get(UUID uuid) {
        Exported object = objects.get(uuid);
        if (object == null) {
            throw new AssertionError("no object " + uuid);
        }
        return object;
    }

    /** The exporter takes the memory away from whoever attached last. */
    void revoke(Exported object) {
        HeldObject made = mapped.get(object.uuid());
        if (made == null) {
            throw new AssertionError("nobody has attached to " + object.uuid());
        }
        made.revoke();
    }

    int holds() {
        return objects.values().stream()
                .mapToInt(object -> object.holds().get())
                .sum();
    }

    boolean anyFence() {
        return objects.values().stream()
                .anyMatch(object -> object.fence().writing() || object.fence().reading());
    }

    /** From now on attaches are answered one by one, by {@link #answer}. */
    void gate() {
        gated = true;
    }

    /** Lets the attach of that rank since {@link #gate} go on. */
    void answer(int rank) {
        CompletableFuture<Void> gate;
        synchronized (gates) {
            gate = gates.get(rank);
        }
        gate.complete(null);
    }

    int waiting() {
        synchronized (gates) {
            return gates.size();
        }
    }

    @Override
    public CompletionStage<ImportedObject> attach(String guest, UUID uuid, String device) {
        attaches.incrementAndGet();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        if (gated) {
            synchronized (gates) {
                gates.add(gate);
            }
        } else {
            gate.complete(null);
        }
        return gate.thenApply(_ -> {
            Exported object = objects.get(uuid);
            if (object == null) {
                throw new ErrnoException(Errno.ENOENT, "no object " + uuid);
            }
            object.holds().incrementAndGet();
            HeldObject made = new HeldObject(object.layout(), content(object), object.holds()::decrementAndGet);
            mapped.put(uuid, made);
            return made;
        });
    }

    private ObjectContent content(Exported object) {
        return switch (way) {
            case MAPPED -> new FencedMemory(new ObjectMemory.Linear(object.pixels()), object.fence(), HOLDER);
            case SENT -> new SentPictures((bytes, layout, limit) -> take(object, bytes, layout, limit));
        };
    }

    /** As an exporter does that has got every byte of a picture. */
    private static void take(Exported object, MemorySegment bytes, ObjectLayout layout, Duration limit) {
        object.fence().acquireWrite(HOLDER, limit, limit);
        for (int row = 0; row < layout.height(); row++) {
            long at = layout.offset() + (long) row * layout.stride();
            MemorySegment.copy(bytes, at, object.pixels(), at, layout.rowBytes());
        }
        assertThat(object.fence().releaseWrite(HOLDER, false)).isTrue();
    }

    @Override
    public void close() {
        objects.values().forEach(object -> object.memory().close());
        fences.close();
    }
}
