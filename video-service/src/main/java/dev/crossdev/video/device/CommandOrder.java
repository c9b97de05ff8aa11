package dev.crossdev.video.device;

import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoCommand.QueueClear;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceDestroyAll;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.StreamDestroy;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * When a command may begin and when its answer may go out. Commands begin in their order; RESOURCE_QUEUE and DRAIN are
 * answered when they are done, all others in order. Guarded by the device's lock.
 *
 * <p>Two things take time: imports, of which those of successive RESOURCE_CREATEs run side by side while any other
 * command waits for them; and commands that take something away from a decoder, for which everything waits, except what
 * virtio-video v3 says of commands during a QUEUE_CLEAR of the same stream: it refuses them, or they cancel it.
 */
final class CommandOrder {
    private final Consumer<Turn> begin;
    private final Outbox outbox;
    private final Deque<Turn> waiting = new ArrayDeque<>();
    private final Deque<Turn> unanswered = new ArrayDeque<>();
    private int imports;
    private @Nullable Turn taking;
    private boolean proceeding;

    /** @param begin carries out a command; called with the lock held */
    CommandOrder(Consumer<Turn> begin, Outbox outbox) {
        this.begin = begin;
        this.outbox = outbox;
    }

    void submit(Turn turn) {
        waiting.add(turn);
        proceed();
    }

    /** Begins what may begin, and lets out what may go out. */
    void proceed() {
        answer();
        if (proceeding) {
            // A command that begins may end at once; the loop below goes on.
            return;
        }
        proceeding = true;
        try {
            while (!waiting.isEmpty() && mayBegin(waiting.getFirst().command())) {
                begin.accept(waiting.removeFirst());
                answer();
            }
        } finally {
            proceeding = false;
        }
    }

    private boolean mayBegin(VideoCommand command) {
        if (taking != null) {
            return taking.command() instanceof QueueClear clear
                    && clear.streamId() == command.streamId()
                    && switch (command) {
                        case ResourceQueue _, StreamDrain _, QueueClear _, StreamDestroy _, ResourceDestroyAll _ ->
                            true;
                        default -> false;
                    };
        }
        return imports == 0 || command instanceof ResourceCreate;
    }

    /** The command will be answered in order, by {@link Turn#settle}. */
    void inOrder(Turn turn) {
        unanswered.add(turn);
    }

    void importBegins() {
        imports++;
    }

    void importEnds(Turn turn, Supplier<VideoResponse> outcome) {
        imports--;
        turn.settle(outcome);
        proceed();
    }

    /** The command takes something away from a decoder; a QUEUE_CLEAR that was at it is cancelled. */
    void takingBegins(Turn turn) {
        if (taking != null) {
            taking.settle(() -> new VideoResponse.Err(VideoResult.ERR_INVALID_OPERATION));
        }
        taking = turn;
    }

    void takingEnds(Turn turn, VideoResponse response) {
        turn.settle(() -> response);
        if (taking == turn) {
            taking = null;
        }
        proceed();
    }

    /** After a reset: no command was ever given. */
    void forget() {
        waiting.clear();
        unanswered.clear();
        imports = 0;
        taking = null;
    }

    private void answer() {
        while (!unanswered.isEmpty()) {
            Turn first = unanswered.getFirst();
            Supplier<VideoResponse> outcome = first.outcome();
            if (outcome == null) {
                return;
            }
            unanswered.removeFirst();
            VideoResponse response = outcome.get();
            outbox.message(() -> first.done().accept(response));
        }
    }
}
