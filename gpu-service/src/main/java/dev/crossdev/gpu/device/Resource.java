package dev.crossdev.gpu.device;

import dev.crossdev.virtio.HeldBuffer;
import dev.crossdev.virtio.memory.ScatterList;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What a driver has made and named with a number. */
sealed interface Resource {

    int id();

    /** Where the guest keeps its copy of the pixels; empty when nothing is attached. */
    Optional<ScatterList> backing();

    void attach(ScatterList pages);

    /**
     * Forgets the guest's pages.
     *
     * @param patience for importers to let go of them
     * @return completes, never with a failure, when nobody can touch them any more
     */
    CompletableFuture<Void> detach(Duration patience);

    /**
     * The driver's name for it is gone: drops everything that it holds. Called once.
     *
     * @param patience for importers to let go of guest memory
     * @return completes, never with a failure, when nobody can touch guest memory of it any more
     */
    CompletableFuture<Void> drop(Duration patience);

    /** RESOURCE_CREATE_2D: pixels in host memory that the device owns. */
    final class Flat implements Resource {
        private final int id;
        private final HostImage image;
        private @Nullable ScatterList backing;

        Flat(int id, HostImage image) {
            this.id = id;
            this.image = image;
        }

        @Override
        public int id() {
            return id;
        }

        HostImage image() {
            return image;
        }

        @Override
        public Optional<ScatterList> backing() {
            return Optional.ofNullable(backing);
        }

        @Override
        public void attach(ScatterList pages) {
            backing = pages;
        }

        /** Importers have the host copy, not the backing. */
        @Override
        public CompletableFuture<Void> detach(Duration patience) {
            backing = null;
            return NOBODY;
        }

        @Override
        public CompletableFuture<Void> drop(Duration patience) {
            backing = null;
            image.abandon();
            return NOBODY;
        }
    }

    /**
     * RESOURCE_CREATE_BLOB of guest memory: the pages themselves are the resource, and what is exported. The lanes use it one
     * at a time; a reset may drop it meanwhile.
     */
    final class Blob implements Resource, SharedPixels {
        private final int id;
        private final long size;
        private final boolean crossDevice;
        private final Instant createdAt = Instant.now();
        private final Object lock = new Object();
        private @Nullable ScatterList backing;
        private @Nullable ObjectExport export;
        private @Nullable UUID uuid;
        private boolean dropped;

        /**
         * @param size bytes
         * @param crossDevice whether it may have a UUID
         */
        Blob(int id, long size, boolean crossDevice) {
            this.id = id;
            this.size = size;
            this.crossDevice = crossDevice;
        }

        @Override
        public int id() {
            return id;
        }

        /** Bytes. */
        long size() {
            return size;
        }

        boolean crossDevice() {
            return crossDevice;
        }

        @Override
        public Optional<ScatterList> backing() {
            synchronized (lock) {
                return Optional.ofNullable(backing);
            }
        }

        @Override
        public Optional<ObjectExport> export() {
            synchronized (lock) {
                return Optional.ofNullable(export);
            }
        }

        /** The UUID that it was given, which is for life, even while it has no backing and the UUID does not resolve. */
        Optional<UUID> uuid() {
            synchronized (lock) {
                return Optional.ofNullable(uuid);
            }
        }

        /** Withdrawn at once when the resource has gone meanwhile. */
        void exported(ObjectExport made) {
            synchronized (lock) {
                if (!dropped) {
                    export = made;
                    uuid = made.uuid();
                    return;
                }
            }
            made.withdraw();
        }

        /** Takes an export back that nobody was told of. */
        void unexport(ObjectExport made) {
            synchronized (lock) {
                if (export == made) {
                    export = null;
                }
            }
            made.withdraw();
        }

        /** The memory is the guest's and there for as long as the device is. */
        @Override
        public boolean tryHold() {
            synchronized (lock) {
                return !dropped;
            }
        }

        @Override
        public void letGo() {}

        @Override
        public void attach(ScatterList pages) {
            synchronized (lock) {
                backing = pages;
            }
        }

        @Override
        public CompletableFuture<Void> detach(Duration patience) {
            Optional<ObjectExport> revoked;
            synchronized (lock) {
                backing = null;
                revoked = Optional.ofNullable(export);
                export = null;
            }
            return revoked.map(each -> each.revoke(patience)).orElse(NOBODY);
        }

        @Override
        public CompletableFuture<Void> drop(Duration patience) {
            synchronized (lock) {
                dropped = true;
            }
            return detach(patience);
        }

        HeldBuffer describe() {
            Optional<ObjectExport> exported = export();
            return ExportedBuffer.describe(
                    id,
                    exported.isPresent() ? "OK" : "none",
                    "blob in guest memory",
                    size,
                    createdAt,
                    true,
                    exported.flatMap(ObjectExport::info));
        }
    }

    /** For resources that no importer has guest memory of. */
    CompletableFuture<Void> NOBODY = CompletableFuture.completedFuture(null);
}
