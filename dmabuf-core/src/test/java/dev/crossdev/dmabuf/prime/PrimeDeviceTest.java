package dev.crossdev.dmabuf.prime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.ExportInfo;
import dev.crossdev.dmabuf.UuidRegistration;
import dev.crossdev.dmabuf.ViolationCounter;
import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.VirtioDmaBufOps;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.heap.SystemHeap;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PrimeDeviceTest {
    private final ViolationCounter violations = new ViolationCounter();
    private final DmaBufList list = new DmaBufList(violations);
    private final SystemHeap heap = new SystemHeap(list);
    private final TestGpu gpu = new TestGpu("card0");
    private final PrimeDevice<String> device = new PrimeDevice<>(gpu);
    private final PrimeClient<String> client = new PrimeClient<>(device);

    /** A virtio-gpu driver that asks for a UUID at export and takes foreign memory. */
    private final class TestGpu implements GemDriver<String> {
        private final String name;
        private final AtomicInteger uuidsAsked = new AtomicInteger();
        private final List<String> freed = new CopyOnWriteArrayList<>();
        private Runnable onFree = () -> {};
        private boolean takesForeign = true;
        private boolean exports = true;

        TestGpu(String name) {
            this.name = name;
        }

        @Override
        public String importerName() {
            return name;
        }

        @Override
        public DmaBuf export(GemObject<String> object) {
            if (!exports) {
                throw new ErrnoException(Errno.ENOMEM, "no room");
            }
            uuidsAsked.incrementAndGet();
            return VirtioDmaBuf.exportVirtio(new ExportInfo<>(list, name, 4096, new Ops(object)));
        }

        @Override
        public String importMapping(DmaBuf buffer, MemorySegment mapping) {
            if (!takesForeign) {
                throw new ErrnoException(Errno.ENODEV, "cannot use foreign pages");
            }
            return "imported " + mapping.byteSize();
        }

        @Override
        public void free(String object) {
            onFree.run();
            freed.add(object);
        }
    }

    private static final class Ops implements VirtioDmaBufOps {
        private final GemObject<String> object;
        private final UuidRegistration registration = UuidRegistration.settled(UUID.randomUUID());
        private final MemorySegment memory = MemorySegment.ofArray(new byte[4096]);

        Ops(GemObject<String> object) {
            this.object = object;
        }

        @Override
        public UuidRegistration registration() {
            return registration;
        }

        @Override
        public MemorySegment map(DmaBuf buffer, Attachment attachment) {
            return memory;
        }

        @Override
        public void unmap(DmaBuf buffer, Attachment attachment, MemorySegment mapping) {}

        @Override
        public void release(DmaBuf buffer) {
            object.bufferReleased(buffer);
        }
    }

    @AfterEach
    void nothingIsLeft() {
        client.close();
        assertThat(list.held()).isZero();
        assertThat(device.exports()).isZero();
        assertThat(client.size()).isZero();
        assertThat(violations.total()).isZero();
    }

    @Test
    void theSameObjectExportedTwiceIsTheSameBufferAndOneUuidIsAsked() {
        int handle = client.create("texture");
        DmaBuf one = client.handleToBuffer(handle);
        DmaBuf two = client.handleToBuffer(handle);

        assertThat(two).isSameAs(one);
        assertThat(one.references()).isEqualTo(2);
        assertThat(gpu.uuidsAsked).hasValue(1);
        assertThat(client.object(handle).references()).as("handle and dma-buf").isEqualTo(2);
        one.put();
        two.put();
        assertThat(client.object(handle).references()).isOne();
        DmaBuf again = client.handleToBuffer(handle);
        assertThat(again).as("the first was released").isNotSameAs(one);
        again.put();
    }

    @Test
    void anImportedBufferExportedAgainIsTheOriginal() {
        DmaBuf foreign = heap.allocate(4096);
        int handle = client.bufferToHandle(foreign);
        assertThat(client.object(handle).imported()).isTrue();
        assertThat(client.object(handle).object()).isEqualTo("imported 4096");

        DmaBuf back = client.handleToBuffer(handle);

        assertThat(back).isSameAs(foreign);
        assertThat(gpu.uuidsAsked).hasValue(0);
        back.put();
        foreign.put();
        assertThat(list.size()).as("the import holds it").isOne();
        client.close(handle);
        assertThat(list.size()).isZero();
    }

    @Test
    void theSameBufferImportedTwiceByOneClientIsTheSameHandle() {
        DmaBuf foreign = heap.allocate(4096);
        int one = client.bufferToHandle(foreign);
        int two = client.bufferToHandle(foreign);
        assertThat(two).isEqualTo(one);
        assertThat(foreign.attachments()).hasSize(1);
        try (PrimeClient<String> another = new PrimeClient<>(device)) {
            another.create("something");
            assertThat(another.bufferToHandle(foreign)).isNotEqualTo(one);
            assertThat(foreign.attachments()).hasSize(2);
        }
        assertThat(foreign.attachments()).hasSize(1);
        client.close(one);
        assertThat(client.bufferToHandle(foreign)).isEqualTo(1);
        foreign.put();
    }

    @Test
    void aBufferOfTheSameDeviceIsTheObjectItselfWithoutAnAttachment() {
        int handle = client.create("texture");
        DmaBuf buffer = client.handleToBuffer(handle);
        GemObject<String> object = client.object(handle);
        int objectReferences = object.references();

        GemObject<String> imported = device.importBuffer(buffer);

        assertThat(imported).isSameAs(object);
        assertThat(object.references()).isEqualTo(objectReferences + 1);
        assertThat(buffer.references()).isOne();
        assertThat(buffer.attachments()).isEmpty();
        imported.put();
        assertThat(client.bufferToHandle(buffer)).as("known to this client").isEqualTo(handle);
        try (PrimeClient<String> another = new PrimeClient<>(device)) {
            int theirs = another.bufferToHandle(buffer);
            assertThat(another.object(theirs)).isSameAs(object);
            assertThat(another.handleToBuffer(theirs)).isSameAs(buffer);
            buffer.put();
        }
        buffer.put();
    }

    @Test
    void anotherDeviceOfTheSameDriverIsForeign() {
        TestGpu second = new TestGpu("card1");
        PrimeDevice<String> other = new PrimeDevice<>(second);
        DmaBuf buffer = client.handleToBuffer(client.create("texture"));

        GemObject<String> imported = other.importBuffer(buffer);

        assertThat(imported.imported()).isTrue();
        assertThat(buffer.attachments()).hasSize(1);
        assertThat(buffer.attachments().getFirst().importer().importerName()).isEqualTo("card1");
        assertThat(buffer.references()).isEqualTo(2);
        assertThat(other.export(imported)).isSameAs(buffer);
        buffer.put();
        buffer.put();
        imported.put();
        assertThat(second.freed).containsExactly("imported 4096");
    }

    @Test
    void aDriverThatCannotUseForeignMemoryIsEnodevAndEverythingIsUndone() {
        gpu.takesForeign = false;
        DmaBuf foreign = heap.allocate(4096);
        assertErrno(Errno.ENODEV, () -> client.bufferToHandle(foreign));
        assertThat(foreign.attachments()).isEmpty();
        assertThat(foreign.references()).isOne();
        assertThat(client.size()).isZero();
        foreign.put();
        assertErrno(Errno.ENOENT, () -> client.bufferToHandle(foreign));
    }

    @Test
    void anExporterThatRefusesLeavesNothing() {
        DmaBuf refusing = DmaBuf.export(new ExportInfo<>(list, "vram", 4096, new dev.crossdev.dmabuf.DmaBufOps() {
            @Override
            public void attach(DmaBuf buffer, Attachment attachment) {
                if (buffer.references() == 2) {
                    throw new ErrnoException(Errno.EBUSY, "not reachable");
                }
            }

            @Override
            public MemorySegment map(DmaBuf buffer, Attachment attachment) {
                throw new ErrnoException(Errno.EIO, "not mappable");
            }

            @Override
            public void unmap(DmaBuf buffer, Attachment attachment, MemorySegment mapping) {}

            @Override
            public void release(DmaBuf buffer) {}
        }));
        assertErrno(Errno.EBUSY, () -> device.importBuffer(refusing));
        refusing.get();
        assertErrno(Errno.EIO, () -> device.importBuffer(refusing));
        assertThat(refusing.attachments()).isEmpty();
        refusing.put();
        assertThat(refusing.references()).isOne();
        refusing.put();
    }

    @Test
    void aFailedExportLeavesTheObjectAsItWas() {
        gpu.exports = false;
        int handle = client.create("texture");
        assertErrno(Errno.ENOMEM, () -> client.handleToBuffer(handle));
        assertThat(client.object(handle).references()).isOne();
        client.close(handle);
        assertThat(gpu.freed).containsExactly("texture");
    }

    @Test
    void unknownHandlesAreEnoentAndClosingThemIsEinval() {
        assertErrno(Errno.ENOENT, () -> client.handleToBuffer(0));
        assertErrno(Errno.ENOENT, () -> client.object(7));
        assertErrno(Errno.EINVAL, () -> client.close(7));
        int handle = client.create("texture");
        client.close(handle);
        assertErrno(Errno.ENOENT, () -> client.handleToBuffer(handle));
        assertErrno(Errno.EINVAL, () -> client.close(handle));
    }

    @Test
    void anExportOutlivesItsHandle() {
        int handle = client.create("texture");
        DmaBuf buffer = client.handleToBuffer(handle);
        client.close(handle);
        assertThat(gpu.freed).isEmpty();

        int again = client.bufferToHandle(buffer);
        assertThat(client.object(again).object()).isEqualTo("texture");
        client.close(again);
        buffer.put();
        assertThat(gpu.freed).containsExactly("texture");
    }

    @Test
    void aReleasedBufferDropsItsObjectBeforeItsShareInTheDevice() {
        int handle = client.create("texture");
        DmaBuf buffer = client.handleToBuffer(handle);
        client.close(handle);
        gpu.onFree = () -> assertThat(device.exports()).isOne();

        buffer.put();

        assertThat(gpu.freed).containsExactly("texture");
        assertThat(device.exports()).isZero();
    }

    @Test
    void aFreedObjectGivesNoReferences() {
        GemObject<String> object = device.create("texture");
        object.put();
        assertErrno(Errno.ENOENT, object::get);
        assertErrno(Errno.ENOENT, () -> device.export(object));
        assertThatIllegalStateException().isThrownBy(object::put);
    }

    @Test
    void manyThreadsExportAndImportTheSameThingsAndAgree() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 300; round++) {
                int handle = client.create("texture");
                DmaBuf foreign = heap.allocate(4096);
                Set<Object> exported = java.util.Collections.synchronizedSet(new HashSet<>());
                Set<Integer> imported = java.util.Collections.synchronizedSet(new HashSet<>());
                DmaBuf kept = client.handleToBuffer(handle);
                List<Future<?>> all = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    all.add(threads.submit(() -> {
                        DmaBuf buffer = client.handleToBuffer(handle);
                        exported.add(buffer);
                        buffer.put();
                        imported.add(client.bufferToHandle(foreign));
                    }));
                }
                for (Future<?> each : all) {
                    each.get();
                }
                assertThat(exported).containsExactly(kept);
                assertThat(imported).hasSize(1);
                assertThat(foreign.attachments()).hasSize(1);
                kept.put();
                foreign.put();
                client.close(handle);
                client.close(imported.iterator().next());
            }
        }
        assertThat(gpu.uuidsAsked).hasValue(300);
    }

    static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(call)
                .extracting(ErrnoException::errno)
                .isEqualTo(errno);
    }
}
