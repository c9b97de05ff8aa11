package dev.crossdev.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.crossdev.testing.ring.RingDriver;
import dev.crossdev.testing.ring.RingDriver.Piece;
import dev.crossdev.testing.ring.RingDriver.Used;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.TransportFeature;
import dev.crossdev.virtio.memory.MemoryRegion;
import dev.crossdev.virtio.memory.SharedGuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SplitQueueTest {

    private static final byte[] REQUEST = {1, 2, 3, 4, 5, 6, 7, 8};

    @ParameterizedTest
    @CsvSource({
        "false,false,false", "false,true,false", "true,false,false", "true,true,false",
        "false,false,true", "false,true,true", "true,false,true", "true,true,true"
    })
    void aRequestIsReadAndItsAnswerComesBack(boolean indirect, boolean eventIndex, boolean copied)
            throws RingException {
        try (Bench bench = new Bench(4, indirect, eventIndex, copied)) {
            SplitQueue queue = bench.queue();
            Chain chain = new Chain();
            assertThat(queue.poll(chain)).isFalse();
            int head = bench.driver.submit(REQUEST, 5);

            assertThat(queue.poll(chain)).isTrue();
            assertThat(chain.head()).isEqualTo(head);
            assertThat(chain.readableBytes()).isEqualTo(8);
            assertThat(chain.writableBytes()).isEqualTo(5);
            assertThat(Bench.readable(chain)).containsExactly(REQUEST);
            assertThat(queue.inFlight()).isEqualTo(1);
            assertThat(bench.driver.take()).isEmpty();
            Bench.answer(queue, chain, new byte[] {9, 8, 7});

            assertThat(bench.driver.take()).hasValueSatisfying(used -> {
                assertThat(used).isEqualTo(new Used(head, 3));
                assertThat(bench.driver.answer(used)).containsExactly(9, 8, 7);
            });
            assertThat(queue.inFlight()).isZero();
            assertThat(queue.poll(chain)).isFalse();
        }
    }

    /** The ring's bytes as the specification draws them, without the driver that the other tests use. */
    @Test
    void theRingLiesInMemoryAsTheSpecificationSays() throws RingException {
        HexFormat hex = HexFormat.of();
        try (SharedGuestMemory memory = SharedGuestMemory.create("ring", List.of(new MemoryRegion(0x1000, 0x1000)))) {
            memory.write(0x1800, hex.parseHex("0102030405060708"));
            // Descriptors 0 and 1: {address, length, flags, next}; 0x1800 to read, 0x1900 to write.
            memory.write(0x1000, hex.parseHex("0018000000000000" + "08000000" + "0100" + "0100"));
            memory.write(0x1010, hex.parseHex("0019000000000000" + "10000000" + "0200" + "0000"));
            // Flags, index, two entries, used_event.
            memory.write(0x1100, hex.parseHex("0000" + "0100" + "0000" + "0000" + "0000"));

            SplitQueue queue = new SplitQueue(
                    memory,
                    new QueueLayout(2, 0x1000, 0x1100, 0x1200),
                    Features.of(TransportFeature.VERSION_1, TransportFeature.EVENT_IDX));
            Chain chain = new Chain();
            assertThat(queue.poll(chain)).isTrue();
            assertThat(Bench.readable(chain)).containsExactly(REQUEST);
            Bench.answer(queue, chain, new byte[] {(byte) 0xaa, (byte) 0xbb});
            assertThat(queue.enableNotifications()).isFalse();

            // Flags, index, {id, length} twice, avail_event.
            assertThat(hex.formatHex(memory.read(0x1200, 22)))
                    .isEqualTo("0000" + "0100" + "00000000" + "02000000" + "00000000" + "00000000" + "0100");
            assertThat(hex.formatHex(memory.read(0x1900, 4))).isEqualTo("aabb0000");
        }
    }

    @Test
    void aMessageMayLieInAnyNumberOfPieces() throws RingException {
        try (Bench bench = new Bench(8, false, false)) {
            SplitQueue queue = bench.queue();
            Chain chain = new Chain();
            bench.at(bench.room, 3).copyFrom(MemorySegment.ofArray(new byte[] {1, 2, 3}));
            bench.at(bench.room + 100, 2).copyFrom(MemorySegment.ofArray(new byte[] {4, 5}));
            bench.driver.add(List.of(
                    new Piece(bench.room, 3, false),
                    new Piece(bench.room + 100, 2, false),
                    new Piece(bench.room + 200, 1, true),
                    new Piece(bench.room + 300, 4, true)));

            assertThat(queue.poll(chain)).isTrue();
            assertThat(chain.buffers()).isEqualTo(4);
            assertThat(Bench.readable(chain)).containsExactly(1, 2, 3, 4, 5);
            MemorySegment small = MemorySegment.ofArray(new byte[4]);
            assertThat(chain.copyReadable(small)).isEqualTo(4);
            Bench.answer(queue, chain, new byte[] {6, 7, 8});

            assertThat(bench.driver.take())
                    .hasValueSatisfying(used -> assertThat(used.written()).isEqualTo(3));
            assertThat(bench.memory.read(bench.room + 200, 1)).containsExactly(6);
            assertThat(bench.memory.read(bench.room + 300, 3)).containsExactly(7, 8, 0);
        }
    }

    @Test
    void anAnswerThatDoesNotFitIsCut() throws RingException {
        try (Bench bench = new Bench(2, false, false)) {
            SplitQueue queue = bench.queue();
            Chain chain = new Chain();
            bench.driver.submit(REQUEST, 2);
            assertThat(queue.poll(chain)).isTrue();

            assertThat(chain.write(MemorySegment.ofArray(new byte[] {1, 2, 3}))).isEqualTo(2);
            assertThatThrownBy(() -> queue.complete(chain, 3)).isInstanceOf(IllegalArgumentException.class);
            queue.complete(chain, 2);
            assertThatThrownBy(() -> queue.complete(chain, 2)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aBufferMayCrossRegionsWhoseAddressesFollowOneAnother() throws RingException {
        long ring = RingDriver.bytes(2, 64);
        List<MemoryRegion> regions =
                List.of(new MemoryRegion(ring + 0x1000, 0x1000), new MemoryRegion(0, ring + 0x1000));
        try (SharedGuestMemory memory = SharedGuestMemory.create("ring", regions)) {
            RingDriver driver = new RingDriver(
                    memory.contiguous(0, ring).orElseThrow(), 0, 2, 64, new RingDriver.Features(false, false));
            SplitQueue queue = new SplitQueue(
                    memory, new QueueLayout(2, driver.descriptors(), driver.available(), driver.used()), Features.NONE);
            long seam = ring + 0x1000;
            memory.write(seam - 1, new byte[] {1});
            memory.write(seam, new byte[] {2});
            driver.add(List.of(new Piece(seam - 1, 2, false), new Piece(seam - 2, 4, true)));
            Chain chain = new Chain();

            assertThat(queue.poll(chain)).isTrue();
            assertThat(Bench.readable(chain)).containsExactly(1, 2);
            Bench.answer(queue, chain, new byte[] {3, 4, 5, 6});
            assertThat(memory.read(seam - 2, 2)).containsExactly(3, 4);
            assertThat(memory.read(seam, 2)).containsExactly(5, 6);
        }
    }

    @Test
    void buffersMayBeGivenBackInAnyOrder() throws RingException {
        try (Bench bench = new Bench(8, true, true)) {
            SplitQueue queue = bench.queue();
            int first = bench.driver.submit(REQUEST, 4);
            int second = bench.driver.submit(REQUEST, 4);
            Chain one = new Chain();
            Chain two = new Chain();
            assertThat(queue.waiting()).isEqualTo(2);
            assertThat(queue.poll(one)).isTrue();
            assertThat(queue.waiting()).isEqualTo(1);
            assertThat(queue.poll(two)).isTrue();
            assertThat(queue.waiting()).isZero();

            Bench.answer(queue, two, new byte[1]);
            Bench.answer(queue, one, new byte[2]);

            assertThat(bench.driver.take()).hasValue(new Used(second, 1));
            assertThat(bench.driver.take()).hasValue(new Used(first, 2));
        }
    }

    @Test
    void indexesRunPast65535() throws RingException {
        try (Bench bench = new Bench(1, true, true)) {
            SplitQueue queue = bench.queue();
            Chain chain = new Chain();
            for (int i = 0; i < 70_000; i++) {
                bench.driver.submit(REQUEST, 1);
                assertThat(queue.waiting()).isEqualTo(1);
                assertThat(queue.poll(chain)).isTrue();
                queue.complete(chain, 1);
                assertThat(bench.driver.take()).isPresent();
            }
            assertThat(queue.nextAvailable()).isEqualTo(70_000 - 65_536);
            assertThat(queue.nextUsed()).isEqualTo(70_000 - 65_536);
        }
    }

    @Test
    void aQueueGoesOnWhereAnotherOneStopped() throws RingException {
        try (Bench bench = new Bench(4, false, false)) {
            SplitQueue before = bench.queue();
            Chain chain = new Chain();
            for (int i = 0; i < 6; i++) {
                bench.driver.submit(REQUEST, 1);
                assertThat(before.poll(chain)).isTrue();
                before.complete(chain, 0);
                assertThat(bench.driver.take()).isPresent();
            }
            int head = bench.driver.submit(REQUEST, 1);

            SplitQueue after = new SplitQueue(bench.memory, bench.layout(), bench.accepted(), before.nextAvailable());
            assertThat(after.poll(chain)).isTrue();
            after.complete(chain, 1);
            assertThat(bench.driver.take()).hasValue(new Used(head, 1));
            assertThat(after.poll(chain)).isFalse();
        }
    }

    @Test
    void withoutEventIndexesFlagsSuppressNotifications() throws RingException {
        try (Bench bench = new Bench(4, false, false)) {
            SplitQueue queue = bench.queue();
            Chain chain = new Chain();
            bench.driver.submit(REQUEST, 1);
            assertThat(bench.driver.kickNeeded()).isTrue();
            queue.disableNotifications();
            bench.driver.submit(REQUEST, 1);
            assertThat(bench.driver.kickNeeded()).isFalse();
            assertThat(queue.enableNotifications()).isTrue();

            bench.driver.disableCalls();
            assertThat(queue.poll(chain)).isTrue();
            queue.complete(chain, 0);
            assertThat(queue.needsNotification()).isFalse();
            assertThat(bench.driver.enableCalls()).isTrue();
            assertThat(queue.poll(chain)).isTrue();
            queue.complete(chain, 0);
            assertThat(queue.needsNotification()).isTrue();
            assertThat(queue.needsNotification()).isFalse();
            assertThat(queue.enableNotifications()).isFalse();
        }
    }

    @Test
    void withEventIndexesEachSideIsToldOnceAndOfWhatItAskedFor() throws RingException {
        try (Bench bench = new Bench(8, false, true)) {
            SplitQueue queue = bench.queue();
            Chain chain = new Chain();
            bench.driver.submit(REQUEST, 1);
            assertThat(bench.driver.kickNeeded()).isTrue();
            bench.driver.submit(REQUEST, 1);
            assertThat(bench.driver.kickNeeded()).isFalse();

            for (int i = 0; i < 2; i++) {
                assertThat(queue.poll(chain)).isTrue();
                queue.complete(chain, 0);
            }
            assertThat(queue.needsNotification()).isTrue();
            assertThat(queue.enableNotifications()).isFalse();
            bench.driver.submit(REQUEST, 1);
            assertThat(bench.driver.kickNeeded()).isTrue();
            assertThat(queue.poll(chain)).isTrue();
            queue.complete(chain, 0);
            // The driver has taken none, and asks for none.
            assertThat(queue.needsNotification()).isFalse();
            while (bench.driver.take().isPresent()) {
                assertThat(bench.driver.inFlight()).isNotNegative();
            }
            assertThat(bench.driver.enableCalls()).isFalse();
            bench.driver.submit(REQUEST, 1);
            assertThat(queue.poll(chain)).isTrue();
            queue.complete(chain, 0);
            assertThat(queue.needsNotification()).isTrue();
        }
    }

    @Test
    void aRingFollowsItsMemoryToAnotherPlace() throws RingException {
        try (Bench bench = new Bench(2, false, false)) {
            SplitQueue queue = bench.queue();
            Chain chain = new Chain();
            bench.driver.submit(REQUEST, 1);
            queue.remap();
            assertThat(queue.poll(chain)).isTrue();
            queue.remap();
            queue.complete(chain, 1);
            assertThat(bench.driver.take()).isPresent();
            bench.memory.close();
            assertThatThrownBy(queue::remap).isInstanceOf(RingException.class);
        }
    }

    @Test
    void nothingIsAllocatedForABuffer() throws RingException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Bench bench = new Bench(256, true, true)) {
            SplitQueue queue = bench.queue();
            Chain chain = new Chain();
            MemorySegment request = MemorySegment.ofArray(new byte[64]);
            long allocated = 0;
            int buffers = 0;
            for (int round = 0; round < 400; round++) {
                for (int i = 0; i < 256; i++) {
                    bench.driver.submit(REQUEST, 16);
                }
                long before = threads.getCurrentThreadAllocatedBytes();
                while (queue.poll(chain)) {
                    chain.copyReadable(request);
                    queue.complete(chain, chain.write(request));
                    queue.needsNotification();
                    queue.disableNotifications();
                    queue.enableNotifications();
                }
                // Until the compiler is done, what it has not got to yet may allocate.
                if (round >= 300) {
                    allocated += threads.getCurrentThreadAllocatedBytes() - before;
                    buffers += 256;
                }
                for (int i = 0; i < 256; i++) {
                    bench.driver.take();
                }
            }
            assertThat(allocated / (double) buffers).as("bytes a buffer").isLessThan(1);
        }
    }
}
