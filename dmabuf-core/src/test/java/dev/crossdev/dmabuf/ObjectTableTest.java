package dev.crossdev.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.error.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

class ObjectTableTest {
    private static final String GUEST = "default";
    private static final Owner A = new Owner("a");
    private static final Owner B = new Owner("b");

    /** Equal by content, to see that owners are told apart by identity. */
    private record Owner(String name) {}

    private final ObjectTable<String> table = new ObjectTable<>();

    @Test
    void whatIsAddedIsFoundAndWhatIsRemovedIsNot() {
        for (int i = 0; i < 100; i++) {
            UUID uuid = UUID.randomUUID();
            assertThat(table.add(GUEST, uuid, A, "object " + i)).isTrue();
            assertThat(table.lookup(GUEST, uuid)).contains("object " + i);
            assertThat(table.remove(GUEST, uuid, A)).contains("object " + i);
            assertThat(table.lookup(GUEST, uuid)).isEmpty();
        }
        assertThat(table.size()).isZero();
    }

    @Test
    void aDuplicateIsRefusedAndTheOldObjectStays() {
        UUID uuid = UUID.randomUUID();
        assertThat(table.add(GUEST, uuid, A, "first")).isTrue();
        assertThat(table.add(GUEST, uuid, A, "second")).isFalse();
        assertThat(table.add(GUEST, uuid, B, "third")).isFalse();

        assertThat(table.lookup(GUEST, uuid)).contains("first");
        assertThat(table.removeAll(B)).isZero();
        assertThat(table.size()).isOne();
    }

    @Test
    void anUnknownUuidCannotBeRemoved() {
        assertThat(table.remove(GUEST, UUID.randomUUID(), A)).isEmpty();
        assertThat(table.lookup(GUEST, UUID.randomUUID())).isEmpty();
    }

    @Test
    void onlyTheOwnerRemoves() {
        UUID uuid = UUID.randomUUID();
        table.add(GUEST, uuid, A, "object");

        assertThat(table.remove(GUEST, uuid, B)).isEmpty();
        assertThat(table.remove(GUEST, uuid, new Owner("a")))
                .as("equal is not the same")
                .isEmpty();
        assertThat(table.lookup(GUEST, uuid)).contains("object");
    }

    @Test
    void anotherGuestsUuidIsUnknown() {
        UUID uuid = UUID.randomUUID();
        table.add("one", uuid, A, "of one");

        assertThat(table.lookup("two", uuid)).isEmpty();
        assertThat(table.remove("two", uuid, A)).isEmpty();
        assertThat(table.add("two", uuid, A, "of two")).isTrue();
        assertThat(table.lookup("one", uuid)).contains("of one");
        assertThat(table.lookup("two", uuid)).contains("of two");
        assertThat(table.list("one")).hasSize(1);
        assertThat(table.list("three")).isEmpty();
    }

    @Test
    void everythingOfADeadOwnerGoesAtOnceAndTheCountIsReturned() {
        for (int i = 0; i < 20; i++) {
            table.add("guest " + i % 3, UUID.randomUUID(), A, "object");
        }
        UUID kept = UUID.randomUUID();
        table.add(GUEST, kept, B, "kept");

        assertThat(table.removeAll(A)).isEqualTo(20);
        assertThat(table.removeAll(A)).isZero();
        assertThat(table.lookup(GUEST, kept)).contains("kept");
        assertThat(table.size()).isOne();
    }

    @Test
    void afterClearNothingIsFoundAndAddingWorks() {
        List<UUID> uuids = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            UUID uuid = UUID.randomUUID();
            uuids.add(uuid);
            table.add(GUEST, uuid, A, "object");
        }
        assertThat(table.clear()).isEqualTo(20);

        assertThat(uuids).allMatch(uuid -> table.lookup(GUEST, uuid).isEmpty());
        assertThat(table.removeAll(A)).isZero();
        assertThat(table.add(GUEST, uuids.getFirst(), A, "again")).isTrue();
    }

    @Test
    void theNilUuidNamesNothing() {
        UuidRegistrationTest.assertErrno(Errno.EINVAL, () -> table.add(GUEST, UuidRegistration.NIL, A, "object"));
        assertThat(table.lookup(GUEST, UuidRegistration.NIL)).isEmpty();
    }

    @Test
    @SuppressWarnings("NullAway") // What a caller without NullAway could do.
    void anObjectWithoutOwnerOrValueIsEinvalAndNotFound() {
        UUID uuid = UUID.randomUUID();
        UuidRegistrationTest.assertErrno(Errno.EINVAL, () -> table.add(GUEST, uuid, null, "object"));
        UuidRegistrationTest.assertErrno(Errno.EINVAL, () -> table.add(GUEST, uuid, A, null));
        assertThat(table.lookup(GUEST, uuid)).isEmpty();
        assertThat(table.removeAll(A)).isZero();
    }

    @Test
    void askingForAnotherTypeIsNotFoundAndNeverFails() {
        ObjectTable<Object> mixed = new ObjectTable<>();
        UUID ofText = UUID.randomUUID();
        UUID ofNumber = UUID.randomUUID();
        mixed.add(GUEST, ofText, A, "dma-buf");
        mixed.add(GUEST, ofNumber, B, 7);

        assertThat(mixed.lookup(GUEST, ofText, String.class)).contains("dma-buf");
        assertThat(mixed.lookup(GUEST, ofNumber, Integer.class)).contains(7);
        assertThat(mixed.lookup(GUEST, ofText, Integer.class)).isEmpty();
        assertThat(mixed.lookup(GUEST, UUID.randomUUID(), String.class)).isEmpty();
        assertThat(mixed.add(GUEST, ofText, B, 8))
                .as("refused across types too")
                .isFalse();
    }

    @Test
    void listsAreInTheOrderOfTheText() {
        table.add(GUEST, new UUID(-1, 0), A, "last");
        table.add(GUEST, new UUID(1, 0), A, "first");
        table.add(GUEST, new UUID(1, -1), B, "second");

        assertThat(table.list(GUEST)).extracting(ObjectTable.Entry::value).containsExactly("first", "second", "last");
        assertThat(table.find(GUEST, new UUID(1, -1)).map(ObjectTable.Entry::owner))
                .isEqualTo(Optional.of(B));
    }

    @Test
    void manyOwnersAtOnceLoseNothingAndLeaveNothing() throws Exception {
        LongAdder removed = new LongAdder();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                all.add(threads.submit(() -> {
                    Object owner = new Object();
                    for (int round = 0; round < 200; round++) {
                        List<UUID> mine = new ArrayList<>();
                        for (int i = 0; i < 20; i++) {
                            UUID uuid = new UUID(round, i + 1);
                            if (table.add(GUEST, uuid, owner, "object")) {
                                mine.add(uuid);
                            }
                        }
                        for (UUID uuid : mine.subList(0, mine.size() / 2)) {
                            if (table.remove(GUEST, uuid, owner).isPresent()) {
                                removed.increment();
                            }
                        }
                        int rest = table.removeAll(owner);
                        if (rest != mine.size() - mine.size() / 2) {
                            throw new AssertionError(rest + " of " + mine.size());
                        }
                    }
                }));
            }
            for (Future<?> future : all) {
                future.get();
            }
        }
        assertThat(removed.sum()).isPositive();
        assertThat(table.size()).isZero();
        assertThat(table.list(GUEST)).isEmpty();
    }
}
