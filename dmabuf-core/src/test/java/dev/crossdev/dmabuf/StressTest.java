package dev.crossdev.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.bufinfo.Bufinfo;
import dev.crossdev.dmabuf.bufinfo.BufinfoText;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import dev.crossdev.dmabuf.fence.Access;
import dev.crossdev.dmabuf.fence.FenceTable;
import dev.crossdev.dmabuf.fence.PollEvent;
import dev.crossdev.dmabuf.fence.Reservation;
import dev.crossdev.dmabuf.fence.Timeline;
import dev.crossdev.dmabuf.fence.TimelineFence;
import dev.crossdev.dmabuf.fence.Usage;
import dev.crossdev.dmabuf.heap.SystemHeap;
import dev.crossdev.dmabuf.memory.DescriptorClient;
import dev.crossdev.dmabuf.memory.DescriptorServer;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.dmabuf.prime.FileTable;
import dev.crossdev.dmabuf.waiting.Subscription;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many exporters and importers on real threads, with devices that answer late, wrongly or never, buffers that move,
 * importers that die, and descriptors that go over a socket. Afterwards nothing is left: neither in the library's books nor
 * in those of the kernel. A few seconds, or {@code -Dstress.seconds=60}.
 */
class StressTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int EXPORTERS = 4;
    private static final int IMPORTERS = 6;
    private static final int SIZE = 4 * 4096;

    private final ViolationCounter violations = new ViolationCounter();
    private final DmaBufList list = new DmaBufList(violations);
    private final SystemHeap heap = new SystemHeap(list);
    private final FenceTable fences = FenceTable.create(512);
    private final ObjectTable<DmaBuf> objects = new ObjectTable<>();
    private final FileTable files = new FileTable(256);
    private final BlockingQueue<Integer> exported = new ArrayBlockingQueue<>(64);
    private final BlockingQueue<UuidRegistration> asked = new LinkedBlockingQueue<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final LongAdder exports = new LongAdder();
    private final LongAdder imports = new LongAdder();
    private final LongAdder uuids = new LongAdder();
    private final LongAdder moves = new LongAdder();
    private final LongAdder sent = new LongAdder();

    @TempDir
    Path folder;

    private long liveBefore;
    private long liveBytesBefore;
    private long descriptorsBefore;
    private long mappedBefore;

    @BeforeEach
    void measure() throws IOException {
        // Whatever the JVM opens once it is to have open before: sockets, the timer, the collections' classes.
        try (DescriptorServer server = DescriptorServer.listen(folder.resolve("warm"));
                DescriptorClient client = DescriptorClient.connect(server.path(), LONG);
                SharedMemory memory = SharedMemory.create("warm", SIZE);
                SharedMemory received = client.get(server.publish(memory), 1)) {
            received.segment().fill((byte) 1);
        }
        liveBefore = SharedMemory.live();
        liveBytesBefore = SharedMemory.liveBytes();
        descriptorsBefore = descriptors();
        mappedBefore = mappedBytes();
    }

    @AfterEach
    void close() {
        fences.close();
    }

    @Test
    void manyExportersAndImportersOnRealThreadsLeaveNothing() throws Exception {
        long seconds = Long.getLong("stress.seconds", 3);
        try (DescriptorServer server = DescriptorServer.listen(folder.resolve("stress"))) {
            List<Thread> exporters = threads("exporter", EXPORTERS, this::export);
            List<Thread> others = new ArrayList<>(threads("device", 1, this::answer));
            others.addAll(threads("observer", 1, this::observe));
            List<Thread> importers = threads("importer", IMPORTERS, random -> importSome(random, server));
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            while (System.nanoTime() < end && failures.isEmpty()) {
                exporters.getFirst().join(Duration.ofMillis(50));
            }
            stop.set(true);
            for (Thread thread : Stream.of(exporters, importers, others)
                    .flatMap(List::stream)
                    .toList()) {
                assertThat(thread.join(LONG)).as("%s ends", thread.getName()).isTrue();
            }
            await().until(() -> server.connections() == 0);
            assertThat(server.published()).isZero();
        }
        files.close();
        heap.close();
        fences.close();

        assertThat(failures).isEmpty();
        assertThat(List.of(exports.sum(), imports.sum(), uuids.sum(), moves.sum(), sent.sum()))
                .as("exports, imports, UUIDs, moves, descriptors sent")
                .allMatch(count -> count > 0);
        assertThat(violations.total()).isZero();
        assertThat(list.bufinfo().totals()).isEqualTo(new Bufinfo.Totals(0, 0, 0, 0, 0, 0));
        assertThat(list.held()).isZero();
        assertThat(list.heldBytes()).isZero();
        assertThat(heap.live()).isZero();
        assertThat(fences.allocated()).isZero();
        assertThat(objects.size()).isZero();
        assertThat(asked).allMatch(registration -> registration.waiters() == 0);
        await().atMost(LONG).until(() -> SharedMemory.live() <= liveBefore);
        assertThat(SharedMemory.liveBytes()).isLessThanOrEqualTo(liveBytesBefore);
        await().atMost(LONG).untilAsserted(() -> {
            assertThat(mappedBytes()).as("bytes of memfds in /proc/self/maps").isLessThanOrEqualTo(mappedBefore);
            assertThat(descriptors()).as("/proc/self/fd").isLessThanOrEqualTo(descriptorsBefore);
        });
        System.out.printf(
                "stress: %d s, %d exports, %d imports, %d UUIDs, %d moves, %d descriptors sent%n",
                seconds, exports.sum(), imports.sum(), uuids.sum(), moves.sum(), sent.sum());
    }

    private interface Work {
        void once(SplittableRandom random) throws Exception;
    }

    private List<Thread> threads(String name, int count, Work work) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            threads.add(Thread.ofPlatform().name(name + "-" + i).start(() -> {
                SplittableRandom random = new SplittableRandom(name.hashCode() + number);
                try {
                    while (!stop.get()) {
                        work.once(random);
                    }
                    if (name.equals("device")) {
                        unplug();
                    }
                } catch (Throwable e) {
                    failures.add(e);
                    stop.set(true);
                }
            }));
        }
        return threads;
    }

    /** A plain buffer or a virtio one, given to whoever opens its descriptor first; its maker may die at once. */
    private void export(SplittableRandom random) throws InterruptedException {
        DmaBuf buffer = random.nextBoolean() ? heap.allocate(SIZE) : exportVirtio();
        buffer.setName("frame " + exports.sum());
        exports.increment();
        int descriptor;
        try {
            descriptor = files.install(buffer);
        } catch (ErrnoException e) {
            assertThat(e.errno()).isEqualTo(Errno.EMFILE);
            buffer.put();
            return;
        }
        if (!exported.offer(descriptor, 50, TimeUnit.MILLISECONDS)) {
            files.close(descriptor);
        }
    }

    private VirtioDmaBuf exportVirtio() {
        UuidRegistration registration = UuidRegistration.pending(violations);
        VirtioMemory memory = new VirtioMemory(registration);
        VirtioDmaBuf buffer = VirtioDmaBuf.exportVirtio(
                new ExportInfo<>(list, "virtio_gpu", SIZE, memory, Optional.of(memory.reservation)));
        registration.onSettled(state -> {
            if (state instanceof UuidRegistration.State.Ok(UUID uuid) && buffer.tryGet()) {
                assertThat(objects.add("default", uuid, memory, buffer)).isTrue();
                buffer.put();
                // Released meanwhile: then release has not seen it.
                if (memory.released) {
                    objects.removeAll(memory);
                }
            }
        });
        registration.submit(() -> {
            if (!asked.offer(registration)) {
                throw new ErrnoException(Errno.ENOSPC, "the queue is full");
            }
        });
        return buffer;
    }

    /** The device: answers well, badly, or not before it is unplugged. */
    private void answer(SplittableRandom random) throws InterruptedException {
        UuidRegistration registration = asked.poll(5, TimeUnit.MILLISECONDS);
        if (registration == null) {
            return;
        }
        switch (random.nextInt(10)) {
            case 0 -> registration.fail(new RegistrationFailedException("ERR_UNSPEC"));
            case 1 -> registration.abandon(new DeviceGoneException("reset"));
            default -> registration.complete(UUID.randomUUID());
        }
    }

    private void unplug() {
        DeviceGoneException gone = new DeviceGoneException("unplugged");
        asked.forEach(registration -> registration.abandon(gone));
    }

    private void observe(SplittableRandom random) {
        Bufinfo info = list.bufinfo();
        assertThat(BufinfoText.of(info)).endsWith(" fences\n");
        assertThat(BufinfoText.csv(info).lines().count())
                .isGreaterThanOrEqualTo(1 + info.totals().buffers());
        Thread.yield();
    }

    private void importSome(SplittableRandom random, DescriptorServer server) throws InterruptedException {
        Integer descriptor = exported.poll(5, TimeUnit.MILLISECONDS);
        if (descriptor == null) {
            return;
        }
        DmaBuf buffer = files.buffer(descriptor);
        boolean open = random.nextInt(3) == 0;
        if (open) {
            // Somebody else may import it too.
            open = exported.offer(descriptor);
        }
        if (!open) {
            files.close(descriptor);
        }
        try (Timeline timeline = new Timeline(Thread.currentThread().getName())) {
            use(buffer, timeline, random, server);
            imports.increment();
        } finally {
            buffer.put();
        }
    }

    private void use(DmaBuf buffer, Timeline timeline, SplittableRandom random, DescriptorServer server) {
        VirtioDmaBuf.upcast(buffer).ifPresent(virtio -> askUuid(virtio, random));
        Attachment attachment = buffer.attach(random.nextBoolean() ? new Follower(timeline.owner()) : timeline::owner);
        MemorySegment mapping = buffer.map(attachment);
        Subscription armed = buffer.onReady(PollEvent.OUT, () -> {});
        if (write(buffer, timeline, random)) {
            mapping.set(ValueLayout.JAVA_INT, 0, random.nextInt());
        }
        buffer.poll(EnumSet.allOf(PollEvent.class), Duration.ofNanos(random.nextInt(100_000)));
        cpu(buffer, random);
        armed.close();
        buffer.unmap(attachment, mapping);
        if (VirtioDmaBuf.upcast(buffer).isEmpty()) {
            ownHeap(buffer, random, server);
        }
        buffer.detach(attachment);
        // Half of the fences end with their holder, when the timeline is closed.
    }

    private void askUuid(VirtioDmaBuf virtio, SplittableRandom random) {
        Subscription callback = virtio.registration().onSettled(_ -> {});
        try {
            UUID uuid = virtio.getUuid(Duration.ofNanos(random.nextInt(2_000_000)));
            assertThat(uuid).isNotEqualTo(UuidRegistration.NIL);
            uuids.increment();
        } catch (ErrnoException e) {
            assertThat(e.errno()).isIn(Errno.ENODEV, Errno.ETIMEDOUT);
        } finally {
            callback.close();
        }
    }

    private static boolean write(DmaBuf buffer, Timeline timeline, SplittableRandom random) {
        TimelineFence fence = timeline.begin(Duration.ofNanos(1 + random.nextInt(5_000_000)));
        try {
            buffer.reservation().add(fence, Usage.values()[1 + random.nextInt(3)]);
            return true;
        } catch (ErrnoException e) {
            assertThat(e.errno()).isEqualTo(Errno.EBUSY);
            return false;
        } finally {
            if (random.nextBoolean()) {
                fence.signal();
            }
        }
    }

    private static void cpu(DmaBuf buffer, SplittableRandom random) {
        Access access = Access.values()[random.nextInt(3)];
        try {
            buffer.beginCpuAccess(access, Duration.ofNanos(random.nextInt(200_000)));
        } catch (ErrnoException e) {
            assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT);
            return;
        }
        try (CpuMapping page = buffer.mmap(4096, 4096)) {
            MemorySegment all = buffer.vmap();
            page.segment().set(ValueLayout.JAVA_INT, 0, 1);
            all.get(ValueLayout.JAVA_INT, 4096);
            buffer.vunmap(all);
        }
        buffer.endCpuAccess(access);
    }

    private void ownHeap(DmaBuf buffer, SplittableRandom random, DescriptorServer server) {
        if (random.nextInt(4) == 0) {
            try {
                heap.move(buffer, Duration.ofNanos(random.nextInt(1_000_000)));
                moves.increment();
            } catch (ErrnoException e) {
                assertThat(e.errno()).isIn(Errno.EBUSY, Errno.ETIMEDOUT);
            }
        }
        if (random.nextInt(8) == 0) {
            try (DescriptorClient client = DescriptorClient.connect(server.path(), LONG);
                    SharedMemory memory = heap.memory(buffer)) {
                MemoryToken token = server.publish(memory);
                try (SharedMemory received = client.get(token, SIZE)) {
                    received.segment().get(ValueLayout.JAVA_INT, 0);
                    sent.increment();
                } finally {
                    server.withdraw(token);
                }
            }
        }
    }

    private record Follower(String importerName) implements DynamicImporter {
        @Override
        public void moveNotify(Attachment attachment) {}
    }

    /** A virtio exporter's memory, with its fences in the table that other processes see. */
    private final class VirtioMemory implements VirtioDmaBufOps {
        private final UuidRegistration registration;
        private final SharedMemory memory = SharedMemory.create("virtio", SIZE);
        private final int slot = fences.allocate();
        private final Reservation reservation = Reservation.shared(fences.slot(slot), 1, n -> "holder " + n);
        private volatile boolean released;

        VirtioMemory(UuidRegistration registration) {
            this.registration = registration;
        }

        @Override
        public UuidRegistration registration() {
            return registration;
        }

        @Override
        public MemorySegment map(DmaBuf buffer, Attachment attachment) {
            return memory.segment();
        }

        @Override
        public void unmap(DmaBuf buffer, Attachment attachment, MemorySegment mapping) {}

        @Override
        public MemorySegment mmap(DmaBuf buffer, long offset, long length) {
            return memory.slice(offset, length);
        }

        @Override
        public MemorySegment vmap(DmaBuf buffer) {
            return memory.segment();
        }

        @Override
        public void release(DmaBuf buffer) {
            released = true;
            objects.removeAll(this);
            reservation.close();
            fences.free(slot);
            memory.close();
        }
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static long mappedBytes() throws IOException {
        long bytes = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            if (line.contains("/memfd:")) {
                String[] range = line.substring(0, line.indexOf(' ')).split("-");
                bytes += Long.parseUnsignedLong(range[1], 16) - Long.parseUnsignedLong(range[0], 16);
            }
        }
        return bytes;
    }
}
