package dev.crossdev.video.device;

import dev.crossdev.dmabuf.fence.FenceInfo;
import java.time.Duration;
import java.util.List;

/**
 * An object whose bytes had no layout of their own, such as a blob, with the one that the stream's pictures have.
 *
 * @param object the importer's
 * @param layout that the stream gives it
 */
record LaidOutObject(ImportedObject object, ObjectLayout layout) implements ImportedObject {

    @Override
    public String path() {
        return object.path();
    }

    @Override
    public boolean onRevoked(Runnable listener) {
        return object.onRevoked(listener);
    }

    @Override
    public List<FenceInfo> fences() {
        return object.fences();
    }

    @Override
    public boolean revoked() {
        return object.revoked();
    }

    @Override
    public <X extends Exception> void write(ObjectLayout given, Painter<X> painter, Duration wait, Duration hold)
            throws X {
        object.write(given, painter, wait, hold);
    }

    @Override
    public void release() {
        object.release();
    }
}
