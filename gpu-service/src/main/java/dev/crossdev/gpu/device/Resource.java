package dev.crossdev.gpu.device;

import dev.crossdev.virtio.memory.ScatterList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a driver has made and named with a number. */
sealed interface Resource {

    int id();

    /** Where the guest keeps its copy of the pixels; empty when nothing is attached. */
    Optional<ScatterList> backing();

    void attach(ScatterList pages);

    void detach();

    /** The driver's name for it is gone: drops everything that it holds. Called once. */
    void drop();

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

        @Override
        public void detach() {
            backing = null;
        }

        @Override
        public void drop() {
            backing = null;
            image.abandon();
        }
    }
}
