package dev.crossdev.guest.pipeline;

import dev.crossdev.guest.memory.GuestPages;
import dev.crossdev.guest.pipeline.PipelineEvent.InputConsumed;
import dev.crossdev.guest.video.DecoderStream;
import dev.crossdev.guest.video.VideoDriver;
import dev.crossdev.media.AccessUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Puts access units into input buffers, one each, as buffers become free. */
final class InputFeeder {

    /** A handful, as media stacks have; more would only queue up in the device. */
    static final int BUFFERS = 4;

    private final VideoDriver driver;
    private final DecoderStream stream;
    private final Mailbox mailbox;
    private final List<AccessUnit> units;
    private final List<GuestPages> pages = new ArrayList<>();
    private final Deque<Integer> idle = new ArrayDeque<>();
    private int next;

    InputFeeder(VideoDriver driver, DecoderStream stream, Mailbox mailbox, List<AccessUnit> units) {
        this.driver = driver;
        this.stream = stream;
        this.mailbox = mailbox;
        this.units = units;
    }

    /** Bytes of an input buffer: enough for the longest access unit. */
    static int bufferBytes(List<AccessUnit> units) {
        return units.stream().mapToInt(AccessUnit::size).max().orElse(1);
    }

    /** Makes the input buffers; ends when the device has taken all. */
    CompletableFuture<Void> create() {
        int bytes = bufferBytes(units);
        List<CompletableFuture<?>> answers = new ArrayList<>();
        for (int input = 0; input < BUFFERS; input++) {
            GuestPages run = driver.allocate(bytes);
            pages.add(run);
            idle.add(input);
            answers.add(stream.createInput(input + 1, run));
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }

    /** Queues the next access unit, if there is one and a buffer for it. Returns whether it did. */
    boolean feedOne() {
        Integer input = next < units.size() ? idle.poll() : null;
        if (input == null) {
            return false;
        }
        AccessUnit unit = units.get(next++);
        driver.write(pages.get(input), unit.data());
        mailbox.when(
                stream.queueInput(input + 1, unit.timestampMicros(), unit.size()),
                answer -> new InputConsumed(input, answer));
        return true;
    }

    /** An input buffer is free again. */
    void consumed(int input) {
        idle.add(input);
    }

    /** Whether every access unit has been queued. */
    boolean isAtEnd() {
        return next == units.size();
    }
}
