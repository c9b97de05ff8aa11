package dev.crossdev.dmabuf.fence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class FenceTableTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    @Test
    void givesEachSlotOnceAndEnomemWhenAllAreTaken() {
        try (FenceTable table = FenceTable.create(100)) {
            Set<Integer> slots = new HashSet<>();
            for (int i = 0; i < 100; i++) {
                slots.add(table.allocate());
            }
            assertThat(slots).hasSize(100);
            assertThat(table.allocated()).isEqualTo(100);
            assertErrno(Errno.ENOMEM, table::allocate);

            table.free(37);
            assertThat(table.allocate()).isEqualTo(37);
        }
    }

    @Test
    void aFreedSlotStartsEmptyForTheNextObject() {
        try (FenceTable table = FenceTable.create(1)) {
            int index = table.allocate();
            assertThat(table.slot(index).tryAcquireWrite(1, LONG)).isTrue();
            table.free(index);

            FenceSlot next = table.slot(table.allocate());
            assertThat(next.writing()).isFalse();
            assertThat(next.writeError()).isEmpty();
            assertThat(next.tryAcquireRead(2, LONG)).isTrue();
        }
    }

    @Test
    void aReleaseThatComesAfterTheSlotWasReusedDoesNothing() {
        try (FenceTable table = FenceTable.create(1)) {
            FenceSlot slot = table.slot(table.allocate());
            assertThat(slot.tryAcquireWrite(1, LONG)).isTrue();
            table.free(0);
            table.allocate();
            assertThat(slot.tryAcquireWrite(2, LONG)).isTrue();

            assertThat(slot.releaseWrite(1, false)).isFalse();
            assertThat(slot.writing()).isTrue();
        }
    }

    @Test
    void slotsDoNotTouchEachOther() {
        try (FenceTable table = FenceTable.create(3)) {
            for (int i = 0; i < 3; i++) {
                table.allocate();
            }
            assertThat(table.slot(1).tryAcquireWrite(9, LONG)).isTrue();

            assertThat(table.slot(0).writing()).isFalse();
            assertThat(table.slot(2).writing()).isFalse();
            assertThat(table.slot(0).tryAcquireRead(9, LONG)).isTrue();
            assertThat(table.slot(2).tryAcquireWrite(9, LONG)).isTrue();
        }
    }

    @Test
    void anImportersViewSeesTheExportersFencesButGivesOutNoSlots() {
        try (FenceTable exporter = FenceTable.create(4);
                FenceTable importer = FenceTable.open(exporter.memory().duplicate())) {
            int index = exporter.allocate();
            assertThat(importer.slot(index).tryAcquireWrite(3, LONG)).isTrue();

            assertThat(exporter.slot(index).writing()).isTrue();
            assertThat(exporter.slot(index).tryAcquireRead(1, LONG)).isFalse();
            assertThat(importer.slot(index).releaseWrite(3, true)).isTrue();
            assertThat(exporter.slot(index).writeError()).contains(Errno.EIO);
            assertErrno(Errno.EPERM, importer::allocate);
            assertErrno(Errno.EPERM, () -> importer.free(index));
            assertThat(importer.allocated()).isZero();
        }
    }

    @Test
    void aDeadHoldersFencesEndInEverySlot() {
        try (FenceTable table = FenceTable.create(10)) {
            for (int i = 0; i < 10; i++) {
                FenceSlot slot = table.slot(table.allocate());
                assertThat(i % 2 == 0 ? slot.tryAcquireWrite(5, LONG) : slot.tryAcquireRead(5, LONG))
                        .isTrue();
            }
            assertThat(table.slot(1).tryAcquireRead(6, LONG)).isTrue();

            assertThat(table.abandon(5)).isEqualTo(10);

            assertThat(table.slot(0).writeError()).contains(Errno.ENODEV);
            assertThat(table.slot(0).abandoned()).isOne();
            assertThat(table.slot(1).readers()).isOne();
            assertThat(table.abandon(5)).isZero();
            assertThat(table.abandon(0)).isZero();
        }
    }

    @Test
    void slotsThatDoNotExistAreEinval() {
        try (FenceTable table = FenceTable.create(2)) {
            assertErrno(Errno.EINVAL, () -> table.slot(-1));
            assertErrno(Errno.EINVAL, () -> table.slot(2));
            assertErrno(Errno.EINVAL, () -> table.free(0));
            assertErrno(Errno.EINVAL, () -> table.free(-1));
            assertErrno(Errno.EINVAL, () -> FenceTable.create(0));
        }
    }

    @Test
    void aClosedTablesSlotsAreAnIllegalState() {
        long before = SharedMemory.live();
        FenceTable table = FenceTable.create(1);
        FenceSlot slot = table.slot(table.allocate());
        table.close();

        assertThatIllegalStateException().isThrownBy(slot::writing);
        assertThat(SharedMemory.live()).isEqualTo(before);
    }

    static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }
}
