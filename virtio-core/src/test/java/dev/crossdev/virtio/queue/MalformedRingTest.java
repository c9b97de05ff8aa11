package dev.crossdev.virtio.queue;

import static dev.crossdev.testing.ring.RingDriver.INDIRECT;
import static dev.crossdev.testing.ring.RingDriver.NEXT;
import static dev.crossdev.testing.ring.RingDriver.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.testing.ring.RingDriver;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.queue.RingException.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Everything that a driver can write wrongly: each is one typed failure, and the queue takes nothing more. */
class MalformedRingTest {

    private static final int SIZE = 8;

    private static void assertKind(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RingException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    /** What a driver writes, and with which features, leads to this. */
    private static void refused(Kind kind, boolean indirect, Consumer<Bench> driver) throws RingException {
        for (boolean copied : new boolean[] {false, true}) {
            try (Bench bench = new Bench(SIZE, indirect, false, copied)) {
                SplitQueue queue = bench.queue();
                driver.accept(bench);
                Chain chain = new Chain();
                assertKind(kind, () -> queue.poll(chain));
                assertKind(kind, () -> queue.poll(chain));
                assertThat(queue.nextAvailable()).isZero();
                assertThat(queue.inFlight()).isZero();
            }
        }
    }

    private static void direct(Kind kind, Consumer<Bench> driver) throws RingException {
        refused(kind, false, bench -> {
            driver.accept(bench);
            bench.driver.makeAvailable(0);
        });
    }

    private static void indirect(Kind kind, Consumer<Bench> driver) throws RingException {
        refused(kind, true, bench -> {
            driver.accept(bench);
            bench.driver.makeAvailable(0);
        });
    }

    @Test
    void descriptorsThatLoop() throws RingException {
        direct(Kind.LOOP, bench -> {
            bench.driver.descriptor(0, bench.room, 4, NEXT, 1);
            bench.driver.descriptor(1, bench.room, 4, NEXT, 0);
        });
        direct(Kind.LOOP, bench -> bench.driver.descriptor(0, bench.room, 4, NEXT, 0));
        indirect(Kind.LOOP, bench -> {
            long table = bench.driver.tableEntry(0, 0, bench.room, 4, NEXT, 1);
            bench.driver.tableEntry(0, 1, bench.room, 4, NEXT, 0);
            bench.driver.descriptor(0, table, 32, INDIRECT, 0);
        });
    }

    @Test
    void indexesOutOfRange() throws RingException {
        refused(Kind.HEAD_OUT_OF_RANGE, false, bench -> bench.driver.makeAvailable(SIZE));
        refused(Kind.HEAD_OUT_OF_RANGE, false, bench -> bench.driver.makeAvailable(0xffff));
        direct(Kind.NEXT_OUT_OF_RANGE, bench -> bench.driver.descriptor(0, bench.room, 4, NEXT, SIZE));
        direct(Kind.NEXT_OUT_OF_RANGE, bench -> bench.driver.descriptor(0, bench.room, 4, NEXT, 0xffff));
        indirect(Kind.NEXT_OUT_OF_RANGE, bench -> {
            long table = bench.driver.tableEntry(0, 0, bench.room, 4, NEXT, 2);
            bench.driver.descriptor(0, table, 32, INDIRECT, 0);
        });
        refused(Kind.AVAILABLE_INDEX, false, bench -> bench.driver.jumpTo(SIZE + 1));
        refused(Kind.AVAILABLE_INDEX, false, bench -> bench.driver.jumpTo(0xffff));
    }

    @Test
    void addressesOutOfRange() throws RingException {
        for (long address : new long[] {0, Bench.BASE - 1, Long.MAX_VALUE, Long.MIN_VALUE, -1, -4}) {
            direct(Kind.BUFFER_OUTSIDE_MEMORY, bench -> bench.driver.descriptor(0, address, 8, 0, 0));
            indirect(Kind.RING_OUTSIDE_MEMORY, bench -> bench.driver.descriptor(0, address, 16, INDIRECT, 0));
        }
        direct(Kind.BUFFER_OUTSIDE_MEMORY, bench -> bench.driver.descriptor(0, bench.room, -1, 0, 0));
        direct(
                Kind.BUFFER_OUTSIDE_MEMORY,
                bench -> bench.driver.descriptor(0, bench.room + Bench.ROOM - 1, 2, WRITE, 0));
        indirect(Kind.RING_OUTSIDE_MEMORY, bench -> bench.driver.descriptor(0, bench.room, -16, INDIRECT, 0));
    }

    @Test
    void descriptorsInTheWrongOrder() throws RingException {
        direct(Kind.READABLE_AFTER_WRITABLE, bench -> {
            bench.driver.descriptor(0, bench.room, 4, WRITE | NEXT, 1);
            bench.driver.descriptor(1, bench.room, 4, 0, 0);
        });
        indirect(Kind.READABLE_AFTER_WRITABLE, bench -> {
            long table = bench.driver.tableEntry(0, 0, bench.room, 4, WRITE | NEXT, 1);
            bench.driver.tableEntry(0, 1, bench.room, 4, 0, 0);
            bench.driver.descriptor(0, table, 32, INDIRECT, 0);
        });
    }

    @Test
    void lengthsThatCannotBe() throws RingException {
        direct(Kind.EMPTY_BUFFER, bench -> bench.driver.descriptor(0, bench.room, 0, 0, 0));
        indirect(Kind.INDIRECT_LENGTH, bench -> bench.driver.descriptor(0, bench.room, 0, INDIRECT, 0));
        indirect(Kind.INDIRECT_LENGTH, bench -> bench.driver.descriptor(0, bench.room, 17, INDIRECT, 0));
    }

    @Test
    void indirectTablesInTheWrongPlace() throws RingException {
        direct(Kind.INDIRECT_NOT_NEGOTIATED, bench -> bench.driver.descriptor(0, bench.room, 16, INDIRECT, 0));
        indirect(Kind.INDIRECT_WITH_NEXT, bench -> bench.driver.descriptor(0, bench.room, 16, INDIRECT | NEXT, 1));
        indirect(Kind.INDIRECT_IN_INDIRECT, bench -> {
            long table = bench.driver.tableEntry(0, 0, bench.room, 16, INDIRECT, 0);
            bench.driver.descriptor(0, table, 16, INDIRECT, 0);
        });
    }

    @Test
    void moreThanAnyDeviceTakes() throws RingException {
        indirect(Kind.TOO_MANY_BUFFERS, bench -> {
            MemorySegment table = bench.at(bench.room, 16L * (Chain.MAX_BUFFERS + 1));
            for (int i = 0; i <= Chain.MAX_BUFFERS; i++) {
                table.set(ValueLayout.JAVA_LONG, 16L * i, bench.room);
                table.set(ValueLayout.JAVA_INT, 16L * i + 8, 1);
                table.set(ValueLayout.JAVA_SHORT, 16L * i + 12, (short) NEXT);
                table.set(ValueLayout.JAVA_SHORT, 16L * i + 14, (short) (i + 1));
            }
            bench.driver.descriptor(0, bench.room, 16 * (Chain.MAX_BUFFERS + 1), INDIRECT, 0);
        });
    }

    @Test
    void anIndirectTableMayEndAChain() throws RingException {
        try (Bench bench = new Bench(SIZE, true, false)) {
            SplitQueue queue = bench.queue();
            bench.at(bench.room, 1).set(ValueLayout.JAVA_BYTE, 0, (byte) 5);
            long table = bench.driver.tableEntry(1, 0, bench.room + 8, 4, WRITE, 0);
            bench.driver.descriptor(0, bench.room, 1, NEXT, 1);
            // The WRITE bit of the outer descriptor says nothing (virtio 1.4, Indirect Descriptors).
            bench.driver.descriptor(1, table, 16, INDIRECT | WRITE, 0);
            bench.driver.makeAvailable(0);
            Chain chain = new Chain();

            assertThat(queue.poll(chain)).isTrue();
            assertThat(Bench.readable(chain)).containsExactly(5);
            assertThat(chain.writableBytes()).isEqualTo(4);
        }
    }

    @Test
    void aBufferThatTheDeviceHasAlready() throws RingException {
        try (Bench bench = new Bench(SIZE, false, false)) {
            SplitQueue queue = bench.queue();
            bench.driver.descriptor(3, bench.room, 4, WRITE, 0);
            bench.driver.makeAvailable(3);
            bench.driver.makeAvailable(3);
            Chain chain = new Chain();
            assertThat(queue.poll(chain)).isTrue();

            assertKind(Kind.HEAD_IN_USE, () -> queue.poll(new Chain()));

            // What it has can still be given back.
            queue.complete(chain, 1);
            assertThat(queue.nextUsed()).isEqualTo(1);
        }
    }

    @Test
    void ringsThatCannotBe() {
        try (Bench bench = new Bench(SIZE, false, true)) {
            QueueLayout good = bench.layout();
            for (int size : new int[] {0, -8, 3, 65_536, Integer.MIN_VALUE}) {
                assertKind(
                        Kind.QUEUE_SIZE, () -> queue(bench, size, good.descriptors(), good.available(), good.used()));
            }
            long descriptors = good.descriptors();
            assertKind(Kind.MISALIGNED, () -> queue(bench, SIZE, descriptors + 8, good.available(), good.used()));
            assertKind(Kind.MISALIGNED, () -> queue(bench, SIZE, descriptors, good.available() + 1, good.used()));
            assertKind(Kind.MISALIGNED, () -> queue(bench, SIZE, descriptors, good.available(), good.used() + 2));
            long end = bench.room + Bench.ROOM;
            assertKind(Kind.RING_OUTSIDE_MEMORY, () -> queue(bench, SIZE, end - 16, good.available(), good.used()));
            assertKind(Kind.RING_OUTSIDE_MEMORY, () -> queue(bench, SIZE, descriptors, end - 20, good.used()));
            assertKind(Kind.RING_OUTSIDE_MEMORY, () -> queue(bench, SIZE, descriptors, good.available(), end - 68));
            assertKind(Kind.RING_OUTSIDE_MEMORY, () -> queue(bench, SIZE, -16, good.available(), good.used()));
        }
    }

    private static SplitQueue queue(Bench bench, int size, long descriptors, long available, long used)
            throws RingException {
        return new SplitQueue(bench.memory, new QueueLayout(size, descriptors, available, used), bench.accepted());
    }

    @Test
    void memoryThatGoesAwayUnderTheRing() throws RingException {
        try (Bench bench = new Bench(SIZE, false, true)) {
            SplitQueue queue = bench.queue();
            bench.driver.submit(new byte[4], 4);
            bench.driver.submit(new byte[4], 4);
            Chain chain = new Chain();
            assertThat(queue.poll(chain)).isTrue();
            bench.memory.close();

            assertKind(Kind.MEMORY_GONE, () -> queue.poll(new Chain()));
            assertKind(Kind.MEMORY_GONE, () -> chain.write(MemorySegment.ofArray(new byte[4])));
            assertKind(Kind.MEMORY_GONE, () -> chain.copyReadable(MemorySegment.ofArray(new byte[4])));
            assertKind(Kind.MEMORY_GONE, () -> queue.complete(chain, 0));
            assertKind(Kind.MEMORY_GONE, queue::enableNotifications);
            assertKind(Kind.MEMORY_GONE, () -> new SplitQueue(bench.memory, bench.layout(), Features.NONE));
        }
    }

    @Test
    void memoryThatItsOwnerCutsOffUnderTheRing() throws RingException {
        try (Bench bench = new Bench(SIZE, false, true, true)) {
            SplitQueue queue = bench.queue();
            bench.driver.submit(new byte[4], 4);
            bench.driver.submit(new byte[4], 4);
            Chain chain = new Chain();
            assertThat(queue.poll(chain)).isTrue();
            bench.shrinkTo(Bench.BASE);

            assertKind(Kind.MEMORY_GONE, () -> queue.poll(new Chain()));
            assertKind(Kind.MEMORY_GONE, () -> chain.write(MemorySegment.ofArray(new byte[4])));
            assertKind(Kind.MEMORY_GONE, () -> chain.copyReadable(MemorySegment.ofArray(new byte[4])));
            assertKind(Kind.MEMORY_GONE, () -> queue.complete(chain, 0));
            assertKind(Kind.MEMORY_GONE, queue::enableNotifications);
            assertKind(Kind.MEMORY_GONE, queue::remap);
            assertKind(Kind.MEMORY_GONE, () -> new SplitQueue(bench.memory, bench.layout(), Features.NONE));
        }
    }

    /** Random rings, made so that most of what can go wrong does, and now and then nothing. */
    @Test
    void randomRingsLeadToBuffersOrToOneTypedFailure() throws RingException {
        Set<Kind> seen = EnumSet.noneOf(Kind.class);
        int good = 0;
        Chain chain = new Chain();
        MemorySegment scratch = MemorySegment.ofArray(new byte[4096]);
        for (int seed = 0; seed < 6_000; seed++) {
            Random random = new Random(seed);
            try (Bench bench = new Bench(SIZE, random.nextInt(4) > 0, random.nextBoolean(), seed % 8 == 7)) {
                SplitQueue queue = bench.queue();
                scribble(random, bench);
                try {
                    while (queue.poll(chain)) {
                        good++;
                        chain.copyReadable(scratch);
                        queue.complete(chain, chain.write(scratch));
                        queue.needsNotification();
                    }
                    queue.enableNotifications();
                } catch (RingException e) {
                    seen.add(e.kind());
                }
            }
        }
        assertThat(good).isPositive();
        assertThat(seen)
                .containsAll(EnumSet.complementOf(EnumSet.of(
                        Kind.QUEUE_SIZE,
                        Kind.MISALIGNED,
                        Kind.HEAD_IN_USE,
                        Kind.TOO_MANY_BUFFERS,
                        Kind.TOO_MANY_BYTES,
                        Kind.MEMORY_GONE)));
    }

    private static void scribble(Random random, Bench bench) {
        for (int i = 0; i < SIZE; i++) {
            int flags = random.nextInt(6) == 0 ? random.nextInt(0x10000) : random.nextInt(8);
            int length = (flags & INDIRECT) != 0 && random.nextInt(4) > 0
                    ? 16 * random.nextInt(1 + RingDriver.TABLE_ENTRIES)
                    : length(random);
            long address = address(random, bench);
            for (int entry = 0; entry < RingDriver.TABLE_ENTRIES; entry++) {
                long table = bench.driver.tableEntry(
                        i,
                        entry,
                        address(random, bench),
                        length(random),
                        random.nextInt(random.nextInt(8) == 0 ? 8 : 4),
                        random.nextInt(random.nextInt(8) == 0 ? 40 : RingDriver.TABLE_ENTRIES));
                if ((flags & INDIRECT) != 0 && random.nextInt(10) > 0) {
                    address = table;
                }
            }
            bench.driver.descriptor(i, address, length, flags, random.nextInt(random.nextInt(8) == 0 ? 20 : SIZE));
        }
        int available = random.nextInt(SIZE + (random.nextInt(8) == 0 ? 4 : 1));
        for (int i = 0; i < available; i++) {
            bench.driver.makeAvailable(random.nextInt(random.nextInt(16) == 0 ? 0x10000 : SIZE));
        }
    }

    private static int length(Random random) {
        return switch (random.nextInt(12)) {
            case 0 -> 0;
            case 1 -> random.nextInt();
            default -> 1 + random.nextInt(200);
        };
    }

    private static long address(Random random, Bench bench) {
        return random.nextInt(16) == 0 ? random.nextLong() : bench.room + random.nextInt(Bench.ROOM - 4096);
    }
}
