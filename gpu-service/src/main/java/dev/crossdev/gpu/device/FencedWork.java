package dev.crossdev.gpu.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.gpu.device.CommandLane.Outcome;
import dev.crossdev.gpu.device.ObjectExport.Access;
import dev.crossdev.virtio.gpu.GpuResponse;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Work on a picture's pixels that an importer may be busy with: done at once when nobody is in the way, else as soon as
 * they are out of it.
 *
 * <p>A writer that holds its fence for longer than it said has died, for all that anybody knows: its fence counts as
 * signalled with an error, and the work goes on. One that is within its time, but takes longer than the device is willing
 * to wait, makes the command fail with ERR_UNSPEC; nothing was done then, so a scanout keeps its last whole frame.
 */
final class FencedWork {
    private static final System.Logger LOG = System.getLogger(FencedWork.class.getName());

    private final GpuSettings settings;

    FencedWork(GpuSettings settings) {
        this.settings = settings;
    }

    Outcome on(SharedPixels pixels, Access access, Supplier<GpuResponse> work) {
        Optional<ObjectExport> exported = pixels.export();
        if (exported.isEmpty()) {
            return new Outcome.Done(held(pixels, work));
        }
        ObjectExport export = exported.get();
        if (export.tryBegin(access, settings.fenceHold())) {
            return new Outcome.Done(begun(pixels, export, access, work));
        }
        return new Outcome.Waiting(() -> {
            try {
                export.begin(access, settings.fenceWait(), settings.fenceHold());
            } catch (ErrnoException e) {
                // EINTR is a reset: nobody waits for this any more.
                System.Logger.Level level =
                        e.errno() == Errno.EINTR ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING;
                LOG.log(level, () -> "gave up on object " + export.uuid() + ": " + e);
                return Answers.UNSPEC;
            }
            return begun(pixels, export, access, work);
        });
    }

    private static GpuResponse begun(
            SharedPixels pixels, ObjectExport export, Access access, Supplier<GpuResponse> work) {
        try {
            return held(pixels, work);
        } finally {
            export.end(access);
        }
    }

    /** A reset may take the resource away meanwhile, but not its memory. */
    private static GpuResponse held(SharedPixels pixels, Supplier<GpuResponse> work) {
        if (!pixels.tryHold()) {
            return Answers.UNSPEC;
        }
        try {
            return work.get();
        } finally {
            pixels.letGo();
        }
    }
}
