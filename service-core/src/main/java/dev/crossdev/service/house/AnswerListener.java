package dev.crossdev.service.house;

import dev.crossdev.virtio.capture.CommandOrigin;
import dev.crossdev.virtio.timing.Answered;
import org.jspecify.annotations.Nullable;

/** Told of each command that comes, and of each answer that was handed on, on the thread that did it. */
interface AnswerListener<C, R> {

    /** A command is about to be given to the device. Null when nobody traces it. */
    @Nullable
    CommandTrace taken(C command, CommandOrigin origin);

    /**
     * @param nanos from the door's reading the command until its answer was handed on, injected transit not included
     * @param trace what {@link #taken} gave
     */
    void answered(C command, CommandOrigin origin, Answered<R> answered, long nanos, @Nullable CommandTrace trace);
}
