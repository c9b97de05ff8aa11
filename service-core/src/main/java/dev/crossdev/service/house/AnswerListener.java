package dev.crossdev.service.house;

import dev.crossdev.virtio.timing.Answered;

/** Told of each answer that was handed on, on the thread that did it. */
@FunctionalInterface
interface AnswerListener<C, R> {

    /**
     * @param nanos from the door's reading the command until its answer was handed on, injected transit not included
     */
    void answered(C command, Answered<R> answered, long nanos);
}
