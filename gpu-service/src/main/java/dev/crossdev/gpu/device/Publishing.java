package dev.crossdev.gpu.device;

import dev.crossdev.gpu.device.CommandLane.Outcome;
import dev.crossdev.virtio.gpu.GpuResponse;
import java.util.concurrent.CompletableFuture;

/** The end of ASSIGN_UUID: whoever is told a UUID may hand it on at once, so importers must be able to find it by then. */
final class Publishing {
    private static final System.Logger LOG = System.getLogger(Publishing.class.getName());

    private Publishing() {}

    /**
     * The UUID, once the object can be found.
     *
     * @param undo takes the export back when it cannot
     */
    static Outcome answeredWhenFound(ObjectExport export, Runnable undo) {
        CompletableFuture<Void> published = export.published();
        if (published.isDone() && !published.isCompletedExceptionally()) {
            return new Outcome.Done(new GpuResponse.OkResourceUuid(export.uuid()));
        }
        return new Outcome.Registering(published, () -> {
            if (!published.isCompletedExceptionally()) {
                return new GpuResponse.OkResourceUuid(export.uuid());
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    () -> "object " + export.uuid() + " not published: " + published.exceptionNow());
            undo.run();
            return Answers.UNSPEC;
        });
    }
}
