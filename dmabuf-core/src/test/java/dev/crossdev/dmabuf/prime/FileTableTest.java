package dev.crossdev.dmabuf.prime;

import static dev.crossdev.dmabuf.prime.PrimeDeviceTest.assertErrno;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.DmaBufList;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.fence.Access;
import dev.crossdev.dmabuf.fence.Fence;
import dev.crossdev.dmabuf.fence.Timeline;
import dev.crossdev.dmabuf.fence.Usage;
import dev.crossdev.dmabuf.heap.SystemHeap;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class FileTableTest {
    private final DmaBufList list = new DmaBufList(Violations.ignored());
    private final SystemHeap heap = new SystemHeap(list);
    private final FileTable files = new FileTable(3);

    @Test
    void aDescriptorHoldsTheBufferAndGivesReferences() {
        DmaBuf buffer = heap.allocate(4096);
        int descriptor = files.install(buffer);
        assertThat(buffer.references()).isOne();

        assertThat(files.buffer(descriptor)).isSameAs(buffer);
        assertThat(buffer.references()).isEqualTo(2);
        buffer.put();
        files.close(descriptor);
        assertThat(list.size()).isZero();
    }

    @Test
    void anUnknownDescriptorIsEbadfAndAnotherKindsIsEinval() {
        DmaBuf buffer = heap.allocate(4096);
        buffer.reservation().add(new Timeline("gpu").begin(Duration.ofSeconds(30)), Usage.WRITE);
        Fence fence = buffer.reservation().exportFence(Access.READ);
        int ofBuffer = files.install(buffer);
        int ofFence = files.install(fence);

        assertThat(files.fence(ofFence)).isSameAs(fence);
        assertErrno(Errno.EINVAL, () -> files.buffer(ofFence));
        assertErrno(Errno.EINVAL, () -> files.fence(ofBuffer));
        for (int unknown : new int[] {-1, 2, Integer.MAX_VALUE}) {
            assertErrno(Errno.EBADF, () -> files.buffer(unknown));
            assertErrno(Errno.EBADF, () -> files.fence(unknown));
            assertErrno(Errno.EBADF, () -> files.close(unknown));
        }
        files.close();
        assertErrno(Errno.EBADF, () -> files.buffer(ofBuffer));
        assertThat(list.size()).isZero();
    }

    @Test
    void theLowestFreeNumberIsGivenOutUpToTheLimit() {
        DmaBuf buffer = heap.allocate(4096);
        for (int i = 0; i < 3; i++) {
            assertThat(files.install(buffer.get())).isEqualTo(i);
        }
        assertErrno(Errno.EMFILE, () -> files.install(buffer));
        assertThat(buffer.references()).as("still the caller's").isEqualTo(4);
        files.close(1);
        assertThat(files.install(Fence.stub())).isOne();
        assertThat(files.size()).isEqualTo(3);
        files.close();
        assertThat(files.size()).isZero();
        buffer.put();
        assertThat(list.size()).isZero();
    }
}
