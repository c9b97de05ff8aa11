package dev.crossdev.gpu.device;

import dev.crossdev.virtio.Inspectable.ActiveScanout;
import dev.crossdev.virtio.ScanoutImage;
import dev.crossdev.virtio.gpu.Rect;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one display shows: a picture of its own, into which FLUSH copies. So that a flush is seen at once or not at all,
 * and the resource's memory may be written again as soon as the flush has been answered, there are two pictures: one is
 * shown, the other is drawn, then they change places.
 *
 * <p>Show, disable and flush come from one thread at a time, captures from any. A capture copies without a lock: what
 * it copies from is left alone until it is done.
 */
final class Scanout {
    private final AtomicLong bytesInUse;
    private final long bytesLimit;
    private final Object lock = new Object();
    private @Nullable Shown shown;
    private long flushCount;

    /**
     * @param bytesInUse by all scanouts of the device
     * @param bytesLimit for all scanouts of the device
     */
    Scanout(AtomicLong bytesInUse, long bytesLimit) {
        this.bytesInUse = bytesInUse;
        this.bytesLimit = bytesLimit;
    }

    /**
     * Shows a rectangle of a resource from its next flush on; until then, what was seen before stays when it has the
     * same size and format, else black.
     *
     * @return false when there is no room for the picture; nothing changes then
     */
    boolean show(Framebuffer framebuffer, Rect rect) {
        Shown before = current();
        if (before != null && before.fits(framebuffer, rect)) {
            synchronized (lock) {
                shown = before.of(framebuffer, rect);
            }
            return true;
        }
        long bytes = pictures(rect);
        if (bytesInUse.addAndGet(bytes) > bytesLimit) {
            bytesInUse.addAndGet(-bytes);
            return false;
        }
        Surface front = null;
        try {
            front = new Surface(rect.width(), rect.height());
            replace(new Shown(framebuffer, rect, front, new Surface(rect.width(), rect.height()), Rect.EMPTY));
            return true;
        } catch (OutOfMemoryError e) {
            // From malloc, not from the heap: the machine has no room, the process is well.
            if (front != null) {
                front.retire();
            }
            bytesInUse.addAndGet(-bytes);
            return false;
        }
    }

    void disable() {
        replace(null);
    }

    void disableIfShowing(Resource resource) {
        Shown now = current();
        if (now != null && now.framebuffer.resource() == resource) {
            disable();
        }
    }

    /** How it shows the resource; empty when it does not. */
    Optional<Framebuffer> showing(Resource resource) {
        Shown now = current();
        return now == null || now.framebuffer.resource() != resource ? Optional.empty() : Optional.of(now.framebuffer);
    }

    boolean enabled() {
        return current() != null;
    }

    /**
     * Draws what a flush of {@code flushed}, in the resource's coordinates, changes on this display. The caller sees to
     * it that nobody writes the resource meanwhile.
     *
     * @return false when the pixels could not be read; what is shown stays
     */
    boolean flush(Resource resource, Rect flushed) {
        Shown now = current();
        if (now == null || now.framebuffer.resource() != resource) {
            return true;
        }
        Rect damage = intersect(flushed, now.rect);
        if (damage.isEmpty()) {
            return true;
        }
        Surface back = drawable(now);
        Rect target = new Rect(damage.x() - now.rect.x(), damage.y() - now.rect.y(), damage.width(), damage.height());
        if (!target.equals(whole(now.rect))) {
            back.copy(now.front, now.stale);
        }
        boolean whole = now.framebuffer.copyTo(back, damage.x(), damage.y(), target);
        synchronized (lock) {
            if (shown != now) {
                back.retire();
                return true;
            }
            if (!whole) {
                // What was drawn of it is drawn over the next time.
                shown = now.spoilt(back);
                return false;
            }
            shown = now.drawn(back, target);
            flushCount++;
            return true;
        }
    }

    /** What it shows, without the pixels; empty when it shows nothing. */
    Optional<ActiveScanout> active(int id) {
        synchronized (lock) {
            return shown == null
                    ? Optional.empty()
                    : Optional.of(new ActiveScanout(
                            id,
                            shown.framebuffer.resource().id(),
                            shown.rect.width(),
                            shown.rect.height(),
                            flushCount));
        }
    }

    Optional<ScanoutImage> capture() {
        Shown now;
        long flushes;
        synchronized (lock) {
            if (shown == null) {
                return Optional.empty();
            }
            now = shown;
            flushes = flushCount;
            now.front.pin();
        }
        try {
            return Optional.of(new ScanoutImage(
                    now.rect.width(),
                    now.rect.height(),
                    now.framebuffer.format().number(),
                    flushes,
                    now.framebuffer.resource().id(),
                    now.front.toBytes()));
        } finally {
            synchronized (lock) {
                now.front.unpin();
            }
        }
    }

    private @Nullable Shown current() {
        synchronized (lock) {
            return shown;
        }
    }

    /** The picture that is not shown; another one when a capture still copies out of it. */
    private Surface drawable(Shown now) {
        synchronized (lock) {
            if (!now.back.pinned()) {
                return now.back;
            }
        }
        Surface fresh = new Surface(now.rect.width(), now.rect.height());
        fresh.copy(now.front, whole(now.rect));
        synchronized (lock) {
            now.back.retire();
        }
        return fresh;
    }

    private void replace(@Nullable Shown next) {
        synchronized (lock) {
            Shown before = shown;
            shown = next;
            if (before != null) {
                before.front.retire();
                before.back.retire();
                bytesInUse.addAndGet(-pictures(before.rect));
            }
        }
    }

    private static long pictures(Rect rect) {
        return 2 * MemoryLedger.bytesOf(rect.width(), rect.height());
    }

    private static Rect whole(Rect rect) {
        return Rect.of(rect.width(), rect.height());
    }

    /** Both lie inside one resource, whose size fits an int. */
    private static Rect intersect(Rect a, Rect b) {
        int x = Math.max(a.x(), b.x());
        int y = Math.max(a.y(), b.y());
        long width = Math.min(a.right(), b.right()) - x;
        long height = Math.min(a.bottom(), b.bottom()) - y;
        return width <= 0 || height <= 0 ? Rect.EMPTY : new Rect(x, y, (int) width, (int) height);
    }

    /** What is shown, and what is drawn next. Replaced as a whole under the lock. */
    private static final class Shown {
        private final Framebuffer framebuffer;
        /** In the resource's coordinates. */
        private final Rect rect;

        private final Surface front;
        private final Surface back;
        /** Where {@code back} differs from {@code front}, in display coordinates. */
        private final Rect stale;

        Shown(Framebuffer framebuffer, Rect rect, Surface front, Surface back, Rect stale) {
            this.framebuffer = framebuffer;
            this.rect = rect;
            this.front = front;
            this.back = back;
            this.stale = stale;
        }

        boolean fits(Framebuffer other, Rect otherRect) {
            return rect.width() == otherRect.width()
                    && rect.height() == otherRect.height()
                    && framebuffer.format() == other.format();
        }

        Shown of(Framebuffer other, Rect otherRect) {
            return new Shown(other, otherRect, front, back, stale);
        }

        Shown drawn(Surface surface, Rect damage) {
            return new Shown(framebuffer, rect, surface, front, damage);
        }

        /** The same is shown; of the other picture nothing can be relied upon. */
        Shown spoilt(Surface surface) {
            return new Shown(framebuffer, rect, front, surface, whole(rect));
        }
    }
}
