package dev.crossdev.video.device;

import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoResponse;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A command on its way through the device. Guarded by the device's lock. */
final class Turn {
    private final VideoCommand command;
    private final ObjectImporter importer;
    private final Consumer<? super VideoResponse> done;
    private @Nullable Supplier<VideoResponse> outcome;

    /** @param importer bound to the caller's deadline */
    Turn(VideoCommand command, ObjectImporter importer, Consumer<? super VideoResponse> done) {
        this.command = command;
        this.importer = importer;
        this.done = done;
    }

    VideoCommand command() {
        return command;
    }

    ObjectImporter importer() {
        return importer;
    }

    Consumer<? super VideoResponse> done() {
        return done;
    }

    /**
     * Says what answers the command. Evaluated when the answers to all commands before it have gone out; the first one
     * said stays.
     */
    void settle(Supplier<VideoResponse> how) {
        if (outcome == null) {
            outcome = how;
        }
    }

    @Nullable
    Supplier<VideoResponse> outcome() {
        return outcome;
    }
}
