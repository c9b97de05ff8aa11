package dev.crossdev.video.device;

import dev.crossdev.media.FrameRate;
import dev.crossdev.video.device.BufferQueue.Queued;
import dev.crossdev.video.device.StreamDecoder.State;
import dev.crossdev.video.device.StreamDecoder.Step;
import dev.crossdev.virtio.Inspectable.StreamView;
import dev.crossdev.virtio.video.BufferFlags;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResponse.OkNodata;
import dev.crossdev.virtio.video.VideoResponse.OkResourceQueue;
import dev.crossdev.virtio.video.VideoResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A stream: two queues and, once something was queued, the decoder between them. Commands come in with the device's lock
 * held; what the decoder calls ({@link #next} and what follows it) takes the lock itself.
 *
 * <p>Whoever wants to take resources away waits for the decoder's next pause, in which it holds none of them; so nothing
 * is ever unmapped under a conversion.
 */
final class DecoderStream {
    private final int id;
    private final ReentrantLock lock;
    private final Outbox outbox;
    private final Consumer<VideoEvent> events;
    private final DecoderLimits limits;
    private final StreamParams params;
    private final BufferQueue<InputBuffer> inputs;
    private final BufferQueue<OutputBuffer> outputs;
    private final Condition work;
    private final Deque<Step.Pause> pauses = new ArrayDeque<>();

    private @Nullable Thread thread;
    private @Nullable Consumer<? super VideoResponse> drain;
    private @Nullable Runnable whenEnded;
    private int importing;
    private boolean session;
    private boolean outputsUsed;
    private boolean clearing;
    private boolean broken;
    private boolean mute;
    private long pictures;

    DecoderStream(
            int id,
            StreamParams params,
            ReentrantLock lock,
            Outbox outbox,
            Consumer<VideoEvent> events,
            DecoderLimits limits) {
        this.id = id;
        this.params = params;
        this.lock = lock;
        this.outbox = outbox;
        this.events = events;
        this.limits = limits;
        inputs = new BufferQueue<>(this::say, outbox::action);
        outputs = new BufferQueue<>(this::say, outbox::action);
        work = lock.newCondition();
    }

    int id() {
        return id;
    }

    StreamParams params() {
        return params;
    }

    BufferQueue<InputBuffer> inputs() {
        return inputs;
    }

    BufferQueue<OutputBuffer> outputs() {
        return outputs;
    }

    BufferQueue<?> queue(QueueType type) {
        return switch (type) {
            case INPUT -> inputs;
            case OUTPUT -> outputs;
        };
    }

    Stream<Buffer> buffers() {
        return Stream.concat(inputs.buffers().stream(), outputs.buffers().stream());
    }

    /** From the first RESOURCE_CREATE on, whatever became of it (crosvm decoder, create_resource). */
    void beginSession() {
        session = true;
    }

    boolean hasSession() {
        return session;
    }

    void importBegins() {
        importing++;
    }

    void importEnds() {
        importing--;
    }

    /** Imports under way: outputs that may come. */
    int importing() {
        return importing;
    }

    boolean isClearing() {
        return clearing;
    }

    /** Whether an output was ever queued since outputs were last destroyed. */
    boolean outputsUsed() {
        return outputsUsed;
    }

    /** As an operator sees it. */
    StreamView asView() {
        return new StreamView(
                id,
                doing(),
                params.width(),
                params.height(),
                params.frameRate(),
                inputs.asQueue(),
                outputs.asQueue(),
                pictures);
    }

    private String doing() {
        if (whenEnded != null) {
            return "ending";
        }
        if (broken) {
            return "broken";
        }
        if (drain != null) {
            return "draining";
        }
        if (importing > 0) {
            return "importing";
        }
        if (inputs.hasTaken() || outputs.hasTaken()) {
            return "decoding";
        }
        if (!session) {
            return "set up";
        }
        return inputs.hasWaiting() ? "wants output buffers" : "wants input";
    }

    // Commands that answer when they are done.

    /** The answer when the command is refused; otherwise {@code done} takes it later. */
    @Nullable
    VideoResponse queue(ResourceQueue command, Consumer<? super VideoResponse> done) {
        if (!session || broken || clearing) {
            return error(VideoResult.ERR_INVALID_OPERATION);
        }
        VideoResult refusal = switch (command.queueType()) {
            case INPUT -> queueInput(command, done);
            case OUTPUT -> queueOutput(command, done);
        };
        if (refusal != null) {
            return error(refusal);
        }
        wake();
        return null;
    }

    private @Nullable VideoResult queueInput(ResourceQueue command, Consumer<? super VideoResponse> done) {
        Optional<InputBuffer> buffer = inputs.buffer(command.resourceId());
        if (buffer.isEmpty()) {
            return VideoResult.ERR_INVALID_RESOURCE_ID;
        }
        if (drain != null || command.dataSizes().size() != 1) {
            return VideoResult.ERR_INVALID_OPERATION;
        }
        int size = command.dataSizes().getFirst();
        if (inputs.isQueued(command.resourceId()) || !buffer.get().holds(size)) {
            return VideoResult.ERR_INVALID_PARAMETER;
        }
        inputs.queue(new Queued<>(buffer.get(), command.timestamp(), size, done));
        return null;
    }

    private @Nullable VideoResult queueOutput(ResourceQueue command, Consumer<? super VideoResponse> done) {
        Optional<OutputBuffer> buffer = outputs.buffer(command.resourceId());
        if (buffer.isEmpty()) {
            return VideoResult.ERR_INVALID_RESOURCE_ID;
        }
        if (buffer.get().revoked()) {
            return VideoResult.ERR_INVALID_OPERATION;
        }
        if (outputs.isQueued(command.resourceId()) || !buffer.get().fits(params.width(), params.height())) {
            return VideoResult.ERR_INVALID_PARAMETER;
        }
        outputsUsed = true;
        outputs.queue(new Queued<>(buffer.get(), command.timestamp(), 0, done));
        return null;
    }

    /** The answer when the command is refused; otherwise {@code done} takes it later. */
    @Nullable
    VideoResponse drain(Consumer<? super VideoResponse> done) {
        if (!session || broken || clearing || drain != null) {
            return error(VideoResult.ERR_INVALID_OPERATION);
        }
        drain = done;
        wake();
        return null;
    }

    // Commands that take something away: they answer in order, when the decoder has let go.

    /** QUEUE_CLEAR: returns what is queued; of the input it is a seek, so the pictures inside are forgotten. */
    void clear(QueueType type, Runnable then) {
        cancel(type);
        clearing = true;
        pause(type == QueueType.INPUT, () -> {
            clearing = false;
            then.run();
        });
    }

    /** RESOURCE_DESTROY_ALL. */
    void destroyAll(QueueType type, Runnable then) {
        clearing = false;
        cancel(type);
        pause(false, () -> {
            queue(type).removeAll();
            if (type == QueueType.OUTPUT) {
                outputsUsed = false;
            }
            then.run();
        });
    }

    /** STREAM_DESTROY. */
    void destroy(Runnable then) {
        cancel(QueueType.INPUT);
        cancel(QueueType.OUTPUT);
        whenEnded = then;
        if (thread == null) {
            end();
        } else {
            work.signal();
        }
    }

    /** As {@link #destroy} for a reset: nothing more is said. */
    void abandon() {
        mute = true;
        destroy(() -> {});
    }

    /** Waits for the decoder's thread, without the lock. Returns whether it ended in time. */
    boolean join(Duration wait) throws InterruptedException {
        Thread running = runningThread();
        return running == null || running == Thread.currentThread() || running.join(wait);
    }

    private @Nullable Thread runningThread() {
        lock.lock();
        try {
            return thread;
        } finally {
            lock.unlock();
        }
    }

    private void cancel(QueueType type) {
        queue(type).cancelWaiting();
        if (drain != null) {
            Consumer<? super VideoResponse> cancelled = drain;
            drain = null;
            say(() -> cancelled.accept(error(VideoResult.ERR_INVALID_OPERATION)));
        }
        if (type == QueueType.OUTPUT && outputs.hasTaken() && thread != null) {
            // It may be waiting for somebody else's fence.
            thread.interrupt();
        }
    }

    private void pause(boolean forget, Runnable then) {
        if (thread == null) {
            then.run();
        } else {
            pauses.add(new Step.Pause(forget, then));
            work.signal();
        }
    }

    private void wake() {
        if (thread == null) {
            thread = Thread.ofPlatform()
                    .daemon()
                    .name("video-decoder-" + Integer.toUnsignedString(id))
                    .start(new StreamDecoder(this, limits));
        }
        work.signal();
    }

    /** The exporter took an output's memory away: if it is queued, it goes back to the driver with flag ERR. */
    void revoked(OutputBuffer output) {
        locked(() -> {
            outputs.cancelWaiting(queued -> queued == output);
            if (outputs.hasTaken(output) && thread != null) {
                // It may be waiting for somebody else's fence.
                thread.interrupt();
            }
        });
    }

    // What the decoder calls, on its thread.

    /** What to do next. Waits for it: a driver's next command, a destroy or a reset ends the wait. */
    Step next(State state) {
        return locked(() -> {
            while (true) {
                Step step = step(state);
                if (step != null) {
                    return step;
                }
                work.awaitUninterruptibly();
            }
        });
    }

    private @Nullable Step step(State state) {
        if (whenEnded != null) {
            return new Step.Stop();
        }
        Step.Pause pause = pauses.poll();
        if (pause != null) {
            return new Step.Pause(pause.forget(), () -> locked(pause.then()));
        }
        return switch (state) {
            case WANTS_INPUT -> {
                Queued<InputBuffer> input = inputs.take();
                yield input != null ? new Step.Consume(input) : drain != null ? new Step.Drain() : null;
            }
            case HOLDS_PICTURE -> {
                Queued<OutputBuffer> output = outputs.take();
                yield output != null ? new Step.Fill(output) : null;
            }
            case DRAINED -> endOfStream();
        };
    }

    /** The next queued output when the drain ends carries EOS; none is held in reserve for it. */
    private @Nullable Step endOfStream() {
        if (drain != null && !inputs.hasWaiting()) {
            if (outputs.take() == null) {
                return null;
            }
            outputs.answerTaken(new OkResourceQueue(0, BufferFlags.EOS, 0));
            Consumer<? super VideoResponse> drained = drain;
            drain = null;
            say(() -> drained.accept(new OkNodata()));
        }
        return new Step.Pause(true, () -> {});
    }

    /** What the bitstream, or the next picture, says of the pictures' size. Nothing is taken when this is called. */
    void formatKnown(int width, int height, Optional<FrameRate> rate) {
        int perSecond = rate.map(fraction -> (int) Math.round(fraction.framesPerSecond()))
                .orElse(0);
        locked(() -> {
            if (params.update(width, height, perSecond)) {
                outputs.cancelWaiting(output -> !output.fits(width, height));
                say(() -> events.accept(new VideoEvent(VideoEventType.DECODER_RESOLUTION_CHANGED, id)));
            }
        });
    }

    /**
     * The taken input is the driver's again. Timestamp and size are those of crosvm's answer, zero.
     *
     * @param decoded false when it triggered an error, which flag ERR tells
     */
    void consumed(boolean decoded) {
        locked(() -> inputs.answerTaken(decoded ? new OkResourceQueue(0, 0, 0) : OkResourceQueue.TAKEN_BACK));
    }

    /** The taken output is the driver's again. */
    void filled(VideoResponse answer) {
        locked(() -> {
            // An interrupt was meant for this output and must not hit the next one.
            Thread.interrupted();
            if (answer instanceof OkResourceQueue queued && queued.size() > 0 && !queued.has(BufferFlags.ERR)) {
                pictures++;
            }
            outputs.answerTaken(answer);
        });
    }

    /** The decoder cannot go on: nothing more is decoded, and nothing stays pending. */
    void failed() {
        locked(() -> {
            broken = true;
            say(() -> events.accept(new VideoEvent(VideoEventType.ERROR, id)));
        });
    }

    /** The decoder holds nothing any more, native or mapped, and its thread ends. */
    void ended() {
        locked(this::end);
    }

    private void end() {
        thread = null;
        inputs.returnTaken();
        outputs.returnTaken();
        cancel(QueueType.INPUT);
        cancel(QueueType.OUTPUT);
        for (Step.Pause pause = pauses.poll(); pause != null; pause = pauses.poll()) {
            pause.then().run();
        }
        if (whenEnded != null) {
            inputs.removeAll();
            outputs.removeAll();
            whenEnded.run();
        }
    }

    private void say(Runnable message) {
        if (!mute) {
            outbox.message(message);
        }
    }

    private void locked(Runnable action) {
        locked(() -> {
            action.run();
            return true;
        });
    }

    private <T> T locked(Supplier<T> action) {
        try {
            return underLock(action);
        } finally {
            outbox.deliver();
        }
    }

    private <T> T underLock(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    static VideoResponse error(VideoResult code) {
        return new VideoResponse.Err(code);
    }
}
