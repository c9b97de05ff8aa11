package dev.crossdev.video.device;

import dev.crossdev.virtio.Inspectable.StreamView;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One of a stream's two queues: its resources, those that the driver has queued, and the one that the decoder has taken
 * and not yet answered. Guarded by the device's lock.
 *
 * @param <B> the queue's kind of resource
 */
final class BufferQueue<B extends Buffer> {

    /**
     * A RESOURCE_QUEUE that is not answered yet.
     *
     * @param timestamp the guest's
     * @param dataSize bytes of payload
     * @param done takes the answer
     */
    record Queued<B extends Buffer>(B buffer, long timestamp, int dataSize, Consumer<? super VideoResponse> done) {}

    private final Consumer<Runnable> messages;
    private final Consumer<Runnable> releases;
    private final Map<Integer, B> buffers = new LinkedHashMap<>();
    private final Deque<Queued<B>> waiting = new ArrayDeque<>();
    private @Nullable Queued<B> taken;

    /**
     * @param messages carries answers out
     * @param releases carries out what lets go of resources
     */
    BufferQueue(Consumer<Runnable> messages, Consumer<Runnable> releases) {
        this.messages = messages;
        this.releases = releases;
    }

    Optional<B> buffer(int id) {
        return Optional.ofNullable(buffers.get(id));
    }

    Collection<B> buffers() {
        return buffers.values();
    }

    boolean isEmpty() {
        return buffers.isEmpty();
    }

    /** Adds a resource; one with the same id goes, and what it held is let go of. */
    void put(B buffer) {
        B replaced = buffers.put(buffer.id(), buffer);
        if (replaced != null) {
            releases.accept(replaced::release);
        }
    }

    /** Whether the device owns the resource at the moment (V3: state Queued). */
    boolean isQueued(int id) {
        return (taken != null && taken.buffer.id() == id)
                || waiting.stream().anyMatch(queued -> queued.buffer.id() == id);
    }

    void queue(Queued<B> queued) {
        waiting.add(queued);
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /** As an operator sees it. */
    StreamView.Queue asQueue() {
        return new StreamView.Queue(buffers.size(), waiting.size(), hasTaken());
    }

    boolean hasTaken() {
        return taken != null;
    }

    boolean hasTaken(B buffer) {
        return taken != null && taken.buffer == buffer;
    }

    /** The decoder takes the next one. */
    @Nullable
    Queued<B> take() {
        taken = waiting.poll();
        return taken;
    }

    /** The decoder gives back what it took. */
    void answerTaken(VideoResponse response) {
        Queued<B> answered = taken;
        if (answered == null) {
            throw new IllegalStateException("nothing was taken");
        }
        taken = null;
        answer(answered, response);
    }

    /** The decoder ended: what it had taken goes back unused. */
    void returnTaken() {
        if (taken != null) {
            answerTaken(OkResourceQueue.TAKEN_BACK);
        }
    }

    /** Returns queued resources to the driver unused: an OK answer with flag ERR (virtio-video v3, QUEUE_CLEAR). */
    void cancelWaiting() {
        cancelWaiting(_ -> true);
    }

    void cancelWaiting(Predicate<B> which) {
        List<Queued<B>> cancelled =
                waiting.stream().filter(queued -> which.test(queued.buffer)).toList();
        waiting.removeAll(cancelled);
        cancelled.forEach(queued -> answer(queued, OkResourceQueue.TAKEN_BACK));
    }

    /** Removes all resources and lets go of what they hold. Only when the decoder has nothing taken. */
    void removeAll() {
        if (taken != null) {
            throw new IllegalStateException("the decoder is using resource " + taken.buffer.id());
        }
        cancelWaiting();
        buffers.values().forEach(buffer -> releases.accept(buffer::release));
        buffers.clear();
    }

    private void answer(Queued<B> queued, VideoResponse response) {
        messages.accept(() -> queued.done.accept(response));
    }
}
