package dev.crossdev.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.testing.ring.RingDriver.Piece;
import dev.crossdev.testing.ring.RingDriver.Used;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random work of both sides, held against what two plain lists would do. */
class SplitQueueModelTest {

    private static final int STEPS = 3_000;
    private static final int CELL = 256;

    /** A buffer as the model knows it. */
    private static final class Buffer {
        final int head;
        final byte[] readable;
        final List<Piece> writable;
        byte[] answer = new byte[0];

        Buffer(int head, byte[] readable, List<Piece> writable) {
            this.head = head;
            this.readable = readable;
            this.writable = writable;
        }
    }

    private record WithDevice(Chain chain, Buffer buffer) {}

    private final Deque<Buffer> available = new ArrayDeque<>();
    private final List<WithDevice> device = new ArrayList<>();
    private final Deque<Buffer> used = new ArrayDeque<>();
    private final Deque<Chain> chains = new ArrayDeque<>();
    private final Deque<Integer> cells = new ArrayDeque<>();

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 16, 256})
    void bothSidesSeeWhatTwoListsWouldShow(int size) throws RingException {
        for (int seed = 0; seed < 12; seed++) {
            Random random = new Random(31L * size + seed);
            try (Bench bench = new Bench(size, random.nextBoolean(), random.nextBoolean(), seed % 3 == 2)) {
                reset();
                SplitQueue queue = bench.queue();
                for (int step = 0; step < STEPS; step++) {
                    switch (random.nextInt(5)) {
                        case 0, 1 -> makeAvailable(random, bench);
                        case 2 -> poll(queue);
                        case 3 -> complete(random, queue);
                        default -> take(bench);
                    }
                    assertThat(queue.inFlight()).isEqualTo(device.size());
                }
            }
        }
    }

    private void reset() {
        available.clear();
        device.clear();
        used.clear();
        chains.clear();
        cells.clear();
        for (int i = 0; i < Bench.ROOM / CELL; i++) {
            cells.add(i);
        }
    }

    private void makeAvailable(Random random, Bench bench) {
        int count = 1 + random.nextInt(Math.min(8, bench.driver.size()));
        boolean table = bench.features.indirect() && count > 1;
        if (bench.driver.room() < (table ? 1 : count)) {
            return;
        }
        int readableCount = random.nextInt(count + 1);
        List<Piece> pieces = new ArrayList<>();
        ByteArrayOutputStream readable = new ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            long address = bench.room + (long) CELL * cells.remove();
            byte[] content = new byte[1 + random.nextInt(CELL)];
            random.nextBytes(content);
            bench.memory.write(address, content);
            pieces.add(new Piece(address, content.length, i >= readableCount));
            if (i < readableCount) {
                readable.writeBytes(content);
            }
        }
        // A cell is used again long after its buffer has come back.
        pieces.forEach(piece -> cells.add((int) ((piece.address() - bench.room) / CELL)));
        int head = bench.driver.add(pieces);
        available.add(
                new Buffer(head, readable.toByteArray(), List.copyOf(pieces.subList(readableCount, pieces.size()))));
    }

    private void poll(SplitQueue queue) throws RingException {
        Chain chain = chains.isEmpty() ? new Chain() : chains.pop();
        Buffer next = available.poll();
        assertThat(queue.poll(chain)).isEqualTo(next != null);
        if (next == null) {
            chains.push(chain);
            return;
        }
        assertThat(chain.head()).isEqualTo(next.head);
        assertThat(Bench.readable(chain)).isEqualTo(next.readable);
        assertThat(chain.writableBytes())
                .isEqualTo(next.writable.stream().mapToLong(Piece::length).sum());
        device.add(new WithDevice(chain, next));
    }

    private void complete(Random random, SplitQueue queue) throws RingException {
        if (device.isEmpty()) {
            return;
        }
        WithDevice done = device.remove(random.nextInt(device.size()));
        byte[] answer = new byte[random.nextInt((int) done.chain().writableBytes() + 1)];
        random.nextBytes(answer);
        done.buffer().answer = answer;
        queue.complete(done.chain(), done.chain().write(MemorySegment.ofArray(answer)));
        used.add(done.buffer());
        chains.push(done.chain());
    }

    private void take(Bench bench) {
        Optional<Used> taken = bench.driver.take();
        Buffer next = used.poll();
        assertThat(taken.isPresent()).isEqualTo(next != null);
        if (next == null) {
            return;
        }
        assertThat(taken).hasValue(new Used(next.head, next.answer.length));
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        int left = next.answer.length;
        for (Piece piece : next.writable) {
            int length = Math.min(left, piece.length());
            if (length > 0) {
                written.writeBytes(bench.at(piece.address(), length).toArray(ValueLayout.JAVA_BYTE));
            }
            left -= length;
        }
        assertThat(written.toByteArray()).isEqualTo(next.answer);
    }
}
