package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.vhostuser.SharedObjects;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** A device's exports as other vhost-user back ends of its VMM see them (SHARED_OBJECT). */
public final class ObjectsForBackends implements SharedObjects {

    private final LocalObjects objects;

    public ObjectsForBackends(LocalObjects objects) {
        this.objects = objects;
    }

    @Override
    public Runnable watch(DeviceKey device, Listener listener) {
        // Only whoever added an object may remove it, and a guest may have more devices than this one.
        Set<UUID> added = ConcurrentHashMap.newKeySet();
        return objects.watch(device.guest(), event -> {
            switch (event) {
                case ObjectWatcher.Event.Added(ExportedObject object) -> {
                    if (object.device().equals(device.device())) {
                        added.add(object.uuid());
                        listener.added(object.uuid());
                    }
                }
                case ObjectWatcher.Event.Removed(UUID uuid) -> {
                    if (added.remove(uuid)) {
                        listener.removed(uuid);
                    }
                }
                case ObjectWatcher.Event.Synchronized() -> {}
            }
        });
    }

    /** Of host memory: a guest's own pages lie in its RAM, which the front end has and would not know the place in. */
    @Override
    public Optional<SharedMemory.Hold> memory(DeviceKey device, UUID uuid) {
        return objects.find(device.guest(), uuid)
                .filter(object -> object.device().equals(device.device()))
                .map(ExportedObject::pieces)
                .filter(pieces -> pieces.size() == 1 && pieces.getFirst().offset() == 0)
                .map(List::getFirst)
                .filter(ObjectsForBackends::isAll)
                .flatMap(piece -> piece.memory().tryHold());
    }

    private static boolean isAll(MemoryPiece piece) {
        return piece.memory().size() - piece.length() < SharedMemory.PAGE;
    }
}
