package dev.crossdev.gpu.device;

import dev.crossdev.virtio.memory.ScatterList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;

/**
 * What a device holds from one reset to the next: resources by id, scanouts, pointers. The two lanes, captures and
 * listings use it at once, so its lock guards the tables; pixels are copied outside of it.
 */
final class DeviceState {
    private final GpuSettings settings;
    private final Object lock = new Object();
    private final Map<Integer, Resource> resources = new HashMap<>();
    private final List<Scanout> scanouts;
    private final Map<Integer, Pointer> pointers = new HashMap<>();
    /** Guest memory that importers are still asked to let go of; its resource is gone or has other pages. */
    private final Set<CompletableFuture<Void>> leaving = ConcurrentHashMap.newKeySet();

    private int backingEntries;
    private boolean disposed;

    DeviceState(GpuSettings settings) {
        this.settings = settings;
        AtomicLong scanoutBytes = new AtomicLong();
        List<Scanout> made = new ArrayList<>();
        for (int i = 0; i < settings.displays().size(); i++) {
            made.add(new Scanout(scanoutBytes, settings.maxScanoutBytes()));
        }
        scanouts = List.copyOf(made);
    }

    Optional<Resource> resource(int id) {
        synchronized (lock) {
            return Optional.ofNullable(resources.get(id));
        }
    }

    boolean hasRoomForResource() {
        synchronized (lock) {
            return resources.size() < settings.maxResources();
        }
    }

    /** False when the state was disposed of meanwhile: the resource was not taken. */
    boolean add(Resource resource) {
        synchronized (lock) {
            if (disposed) {
                return false;
            }
            resources.put(resource.id(), resource);
            return true;
        }
    }

    /**
     * Takes a resource out, off the scanouts too, and drops it.
     *
     * @return completes when nobody can touch guest memory of it any more
     */
    CompletableFuture<Void> remove(Resource resource) {
        synchronized (lock) {
            if (!resources.remove(resource.id(), resource)) {
                return Resource.NOBODY;
            }
            releaseEntries(resource);
        }
        scanouts.forEach(scanout -> scanout.disableIfShowing(resource));
        return noted(resource.drop(settings.revokeWait()));
    }

    /** False when the device has no room for so many entries. */
    boolean attach(Resource resource, ScatterList backing) {
        synchronized (lock) {
            if (disposed || backing.entries().size() > settings.maxBackingEntries() - backingEntries) {
                return false;
            }
            backingEntries += backing.entries().size();
            resource.attach(backing);
            return true;
        }
    }

    /** Completes when nobody can touch the backing any more. */
    CompletableFuture<Void> detach(Resource resource) {
        synchronized (lock) {
            if (disposed) {
                return Resource.NOBODY;
            }
            releaseEntries(resource);
        }
        // Without the lock: importers are told.
        return noted(resource.detach(settings.revokeWait()));
    }

    private CompletableFuture<Void> noted(CompletableFuture<Void> letGo) {
        if (!letGo.isDone()) {
            leaving.add(letGo);
            var _ = letGo.thenRun(() -> leaving.remove(letGo));
        }
        return letGo;
    }

    int backingEntries() {
        synchronized (lock) {
            return backingEntries;
        }
    }

    Collection<Resource> resources() {
        synchronized (lock) {
            return List.copyOf(resources.values());
        }
    }

    List<Scanout> scanouts() {
        return scanouts;
    }

    /** Empty when there is none of that number, read as unsigned. */
    Optional<Scanout> scanout(int id) {
        return id >= 0 && id < scanouts.size() ? Optional.of(scanouts.get(id)) : Optional.empty();
    }

    /** The pointer on one scanout. */
    Pointer pointer(int scanoutId) {
        synchronized (lock) {
            return pointers.getOrDefault(scanoutId, Pointer.HIDDEN);
        }
    }

    void setPointer(int scanoutId, UnaryOperator<Pointer> change) {
        synchronized (lock) {
            if (!disposed) {
                pointers.put(scanoutId, change.apply(pointers.getOrDefault(scanoutId, Pointer.HIDDEN)));
            }
        }
    }

    /**
     * Drops everything; whatever still runs on this state finds nothing to do.
     *
     * @return completes when nobody can touch guest memory of the resources any more
     */
    CompletableFuture<Void> dispose() {
        List<Resource> left;
        synchronized (lock) {
            disposed = true;
            left = List.copyOf(resources.values());
            resources.clear();
            backingEntries = 0;
            pointers.clear();
        }
        scanouts.forEach(Scanout::disable);
        // All are asked before any is waited for.
        List<CompletableFuture<Void>> all = new ArrayList<>(leaving);
        left.forEach(resource -> all.add(resource.drop(settings.revokeWait())));
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
    }

    private void releaseEntries(Resource resource) {
        backingEntries -=
                resource.backing().map(pages -> pages.entries().size()).orElse(0);
    }
}
