package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which object a UUID means, per guest: QEMU's shared-object table (hw/display/virtio-dmabuf.c) with a type, an owner and
 * a wall between guests. A UUID resolves only in the guest it was added in; elsewhere it is as unknown as any other.
 *
 * <p>Thread-safe; a lookup takes no lock. That a UUID is never issued twice is the exporter's business: a removed one
 * may be added again here.
 *
 * @param <T> what is looked up
 */
public final class ObjectTable<T> {
    /** One row. Owners are compared by identity. */
    public record Entry<T>(String guest, UUID uuid, Object owner, T value) {
        public Entry {
            Objects.requireNonNull(guest, "guest");
            Objects.requireNonNull(uuid, "uuid");
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(value, "value");
        }
    }

    private record Key(String guest, UUID uuid) {}

    private final ConcurrentHashMap<Key, Entry<T>> entries = new ConcurrentHashMap<>();
    private final Object lock = new Object();
    private final Map<Object, Map<Key, Entry<T>>> byOwner = new IdentityHashMap<>();

    /**
     * Adds an object. Returns false, and changes nothing, when the guest has the UUID already, whoever owns it.
     *
     * @throws ErrnoException EINVAL for the nil UUID, which is what a field holds before there is a UUID, and without an
     *     owner or a value
     */
    public boolean add(String guest, UUID uuid, Object owner, T value) {
        if (Objects.isNull(owner) || Objects.isNull(value)) {
            throw new ErrnoException(Errno.EINVAL, "an object needs an owner and a value");
        }
        if (uuid.equals(UuidRegistration.NIL)) {
            throw new ErrnoException(Errno.EINVAL, "the nil UUID names no object");
        }
        Entry<T> entry = new Entry<>(guest, uuid, owner, value);
        Key key = new Key(guest, uuid);
        synchronized (lock) {
            if (entries.putIfAbsent(key, entry) != null) {
                return false;
            }
            byOwner.computeIfAbsent(owner, _ -> new LinkedHashMap<>()).put(key, entry);
            return true;
        }
    }

    /** The object, or empty when this guest has none of that UUID. */
    public Optional<T> lookup(String guest, UUID uuid) {
        return find(guest, uuid).map(Entry::value);
    }

    /**
     * The object if it is of that type: empty when this guest has none of that UUID, or one of another type (QEMU aborts
     * then).
     */
    public <X extends T> Optional<X> lookup(String guest, UUID uuid, Class<X> type) {
        return lookup(guest, uuid).filter(type::isInstance).map(type::cast);
    }

    /** The whole row, or empty when this guest has none of that UUID. */
    public Optional<Entry<T>> find(String guest, UUID uuid) {
        return Optional.ofNullable(entries.get(new Key(guest, uuid)));
    }

    /** Removes what this owner added. Empty, and nothing changes, when it is unknown or another's. */
    public Optional<T> remove(String guest, UUID uuid, Object owner) {
        Key key = new Key(guest, uuid);
        synchronized (lock) {
            Entry<T> entry = entries.get(key);
            if (entry == null || entry.owner() != owner) {
                return Optional.empty();
            }
            entries.remove(key);
            Map<Key, Entry<T>> owned = byOwner.get(owner);
            if (owned != null) {
                owned.remove(key);
                if (owned.isEmpty()) {
                    byOwner.remove(owner);
                }
            }
            return Optional.of(entry.value());
        }
    }

    /** Removes everything of an owner, which is gone or was reset, and returns how much that was. */
    public int removeAll(Object owner) {
        synchronized (lock) {
            Map<Key, Entry<T>> owned = byOwner.remove(owner);
            if (owned == null) {
                return 0;
            }
            owned.keySet().forEach(entries::remove);
            return owned.size();
        }
    }

    /** Removes everything of everybody and returns how much that was. */
    public int clear() {
        synchronized (lock) {
            int count = entries.size();
            entries.clear();
            byOwner.clear();
            return count;
        }
    }

    public int size() {
        return entries.size();
    }

    /** The guest's rows by UUID, as unsigned text order. */
    public List<Entry<T>> list(String guest) {
        List<Entry<T>> rows = new ArrayList<>();
        for (Entry<T> entry : entries.values()) {
            if (entry.guest().equals(guest)) {
                rows.add(entry);
            }
        }
        // UUID.compareTo is signed and would put the upper half first.
        rows.sort(Comparator.comparing(entry -> entry.uuid().toString()));
        return List.copyOf(rows);
    }
}
