package dev.crossdev.gpu.app;

import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.Inspectable.ActiveScanout;
import jakarta.inject.Singleton;
import java.lang.ref.WeakReference;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The scanouts' latest pictures as PNG. A picture is encoded once, however many browsers look at it, and few at a time: that
 * takes tens of milliseconds of a core.
 */
@Singleton
final class ScanoutPictures {

    private static final int MAX_KEPT = 16;
    private static final int MAX_ENCODING = 2;

    private final DeviceHouse<?, ?, ?> house;
    private final Semaphore encoding = new Semaphore(MAX_ENCODING);

    /** Guarded by itself. */
    private final Map<Place, Picture> kept = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, Picture> eldest) {
            return size() > MAX_KEPT;
        }
    };

    private record Place(DeviceKey device, int scanout) {}

    /**
     * A picture.
     *
     * @param device that showed it: another one of the same name counts its flushes anew
     * @param flushCount at the moment of the picture
     */
    record Picture(WeakReference<Inspectable> device, long flushCount, byte[] png) {}

    ScanoutPictures(DeviceHouse<?, ?, ?> house) {
        this.house = house;
    }

    /** What the scanout shows now; empty when it shows nothing. Waits for other pictures that are being encoded. */
    Optional<Picture> latest(DeviceKey key, int scanout) {
        Optional<Inspectable> device = house.inventory().inspectIfThere(key);
        if (device.isEmpty()) {
            return Optional.empty();
        }
        Place place = new Place(key, scanout);
        return kept(place, device.get()).or(() -> {
            encoding.acquireUninterruptibly();
            try {
                // Somebody else may have been before.
                return kept(place, device.get()).or(() -> encode(place, device.get()));
            } finally {
                encoding.release();
            }
        });
    }

    private Optional<Picture> encode(Place place, Inspectable device) {
        return device.captureScanout(place.scanout()).map(image -> {
            Picture picture = new Picture(new WeakReference<>(device), image.flushCount(), Png.of(image));
            synchronized (kept) {
                kept.put(place, picture);
            }
            return picture;
        });
    }

    /** The picture that is kept, if it still is what is shown. */
    private Optional<Picture> kept(Place place, Inspectable device) {
        @Nullable Picture picture;
        synchronized (kept) {
            picture = kept.get(place);
        }
        if (picture == null || !picture.device().refersTo(device)) {
            return Optional.empty();
        }
        long flushes = picture.flushCount();
        return device.activeScanouts().stream()
                        .filter(active -> active.scanoutId() == place.scanout())
                        .mapToLong(ActiveScanout::flushCount)
                        .anyMatch(count -> count == flushes)
                ? Optional.of(picture)
                : Optional.empty();
    }
}
