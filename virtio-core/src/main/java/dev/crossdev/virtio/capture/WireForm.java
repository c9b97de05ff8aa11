package dev.crossdev.virtio.capture;

import dev.crossdev.virtio.memory.MemoryRegion;
import java.util.List;

/**
 * How a device type's commands, answers and events lie in virtqueues: what a tap needs to know of it.
 *
 * @param <C> command
 * @param <R> answer
 * @param <E> event of the device's protocol
 */
public interface WireForm<C, R, E> {

    /** The virtqueue that such a command belongs on. */
    int queueOf(C command);

    byte[] encodeCommand(C command);

    /** @param writable bytes that there is room for */
    byte[] encodeAnswer(R answer, long writable);

    /** The virtqueue on which events come. */
    int eventQueue();

    byte[] encodeEvent(E event);

    /** For one tap: follows the commands from its first one on. */
    InputFollower<C> inputs();

    /** Knows where in guest memory a device will read because of a command. Used by one thread at a time. */
    @FunctionalInterface
    interface InputFollower<C> {

        /** For a device whose answers do not depend on what it reads. */
        static <C> InputFollower<C> none() {
            return _ -> List.of();
        }

        /** What the device reads because of this command; each command of the device is shown, in order. */
        List<MemoryRegion> reads(C command);
    }
}
