package dev.crossdev.video.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.video.device.ImportedObject;
import dev.crossdev.video.device.ObjectImporter;
import dev.crossdev.video.objects.ImportListener.Outcome;
import dev.crossdev.video.objects.TestExporter.Exported;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SharedObjectsImporterTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(3);
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    @TempDir
    Path folder;

    private long memoriesBefore;
    private TestExporter exporter;
    private ManagedChannel channel;
    private SharedObjectsImporter importer;
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    private final List<String> paths = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() {
        memoriesBefore = SharedMemory.live();
        exporter = new TestExporter(folder, 0);
        channel = Channels.plaintext("127.0.0.1", exporter.port());
        importer = new SharedObjectsImporter(channel, TIMEOUT, (outcome, path, took) -> {
            assertThat(took).isPositive();
            outcomes.add(outcome);
            paths.add(path);
        });
    }

    @AfterEach
    void stopAndFindNothingLeft() {
        importer.close();
        channel.shutdownNow();
        exporter.close();
        assertThat(importer.mappedMemories()).isZero();
        assertThat(SharedMemory.live()).isEqualTo(memoriesBefore);
    }

    @Test
    void whatIsWrittenIsSeenByTheExporterAndTheFenceIsItsOwn() {
        UUID uuid = exporter.export();
        Exported exported = exporter.object(uuid);
        ImportedObject object = imported(uuid);
        assertThat(object.path()).isEqualTo("shm");
        assertThat(object.layout().width()).isEqualTo(TestExporter.WIDTH);

        object.write(
                memory -> {
                    assertThat(exporter.fences.slot(exported.slot()).writing()).isTrue();
                    assertThat(memory.byteSize()).isEqualTo(TestExporter.BYTES);
                    memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 17);
                    memory.set(ValueLayout.JAVA_BYTE, TestExporter.BYTES - 1, (byte) 18);
                },
                PATIENCE,
                PATIENCE);

        assertThat(exporter.fences.slot(exported.slot()).writing()).isFalse();
        assertThat(exported.memory().segment().get(ValueLayout.JAVA_BYTE, Exported.OFFSET))
                .isEqualTo((byte) 17);
        assertThat(exported.memory().segment().get(ValueLayout.JAVA_BYTE, Exported.OFFSET + TestExporter.BYTES - 1))
                .isEqualTo((byte) 18);
        object.release();
        object.release();
        await().untilAsserted(() -> assertThat(exporter.attachments).isEmpty());
        assertThat(importer.mappedMemories()).isZero();
        assertThat(outcomes).containsExactly(Outcome.OK);
        assertThat(paths).containsExactly("shm");
        assertThatThrownBy(() -> object.write(_ -> {}, PATIENCE, PATIENCE)).isInstanceOf(ErrnoException.class);
    }

    @Test
    void memoryIsMappedOnceAndFreedWithItsLastHolder() {
        UUID uuid = exporter.export();
        List<CompletableFuture<ImportedObject>> pending = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            pending.add(attach(uuid));
        }
        List<ImportedObject> objects =
                pending.stream().map(SharedObjectsImporterTest::get).toList();
        // The pixels and the fence table.
        assertThat(importer.mappedMemories()).isEqualTo(2);
        assertThat(exporter.watches).hasSize(1);
        objects.subList(1, 20).forEach(ImportedObject::release);
        assertThat(importer.mappedMemories()).isEqualTo(2);
        objects.getFirst().release();
        assertThat(importer.mappedMemories()).isZero();
    }

    @Test
    void unknownAndZeroUuidsAreErrorsAndCounted() {
        assertThat(failure(attach(UUID.randomUUID())).errno()).isEqualTo(Errno.ENOENT);
        assertThat(failure(attach(new UUID(0, 0))).errno()).isEqualTo(Errno.EINVAL);
        assertThat(outcomes).containsExactly(Outcome.UNKNOWN_UUID, Outcome.ZERO_UUID);
        assertThat(paths).containsExactly("none", "none");
        assertThat(exporter.attaches).as("zero bytes need not be asked for").hasValue(1);
    }

    @Test
    void anotherGuestsUuidIsUnknown() {
        UUID uuid = exporter.export();
        assertThat(failure(importer.attach("other", uuid, "video0").toCompletableFuture())
                        .errno())
                .isEqualTo(Errno.ENOENT);
    }

    @Test
    void memoryThatCannotBeReachedIsAnErrorAndLeavesNoHold() {
        UUID uuid = exporter.export();
        exporter.withdraw = true;
        assertThat(failure(attach(uuid)).errno()).isEqualTo(Errno.EIO);
        await().untilAsserted(() -> assertThat(exporter.attachments).isEmpty());
        exporter.withdraw = false;
        exporter.bootId = ByteString.copyFrom(new byte[16]);
        assertThat(failure(attach(exporter.export()))).hasMessageContaining("another machine");
        await().untilAsserted(() -> assertThat(exporter.attachments).isEmpty());
        assertThat(outcomes).containsExactly(Outcome.UNREACHABLE, Outcome.UNREACHABLE);
    }

    @Test
    void exporterThatDoesNotAnswerEndsTheImportByTheCallersDeadline() {
        UUID uuid = exporter.export();
        exporter.silent = true;
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        long before = System.nanoTime();
        try (Context.CancellableContext context =
                Context.current().withDeadlineAfter(300, TimeUnit.MILLISECONDS, timer)) {
            ObjectImporter[] bound = new ObjectImporter[1];
            context.run(() -> bound[0] = importer.forCaller());
            ErrnoException failure =
                    failure(bound[0].attach("default", uuid, "video0").toCompletableFuture());
            assertThat(failure.errno()).isEqualTo(Errno.ETIMEDOUT);
        } finally {
            timer.shutdownNow();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(TIMEOUT.minusMillis(500));
        // The exporter, too, knows when there is no point in answering.
        assertThat(exporter.deadlinesMillis).hasSize(1).allMatch(millis -> millis > 0 && millis <= 300);
        assertThat(outcomes).containsExactly(Outcome.TIMEOUT);
    }

    @Test
    void exporterThatDoesNotAnswerEndsTheImportByItsOwnDeadline() {
        UUID uuid = exporter.export();
        exporter.silent = true;
        assertThat(failure(attach(uuid)).errno()).isEqualTo(Errno.ETIMEDOUT);
    }

    @Test
    void callerWhoseCallIsOverDoesNotCancelTheImport() {
        UUID uuid = exporter.export();
        Context.CancellableContext context = Context.current().withCancellation();
        ObjectImporter[] bound = new ObjectImporter[1];
        context.run(() -> bound[0] = importer.forCaller());
        context.cancel(null);
        CompletableFuture<ImportedObject> attached = new CompletableFuture<>();
        context.run(() -> bound[0].attach("default", uuid, "video0").whenComplete((object, failure) -> {
            if (failure == null) {
                attached.complete(object);
            } else {
                attached.completeExceptionally(failure);
            }
        }));
        get(attached).release();
    }

    @Test
    void holdsSurviveTheExporterAndImportsWorkAgainWhenItIsBack() {
        UUID uuid = exporter.export();
        ImportedObject object = imported(uuid);
        int port = exporter.port();
        exporter.close();

        assertThat(failure(attach(uuid))).isInstanceOf(DeviceGoneException.class);
        assertThat(failure(attach(uuid))).isInstanceOf(DeviceGoneException.class);
        assertThat(outcomes).containsExactly(Outcome.OK, Outcome.EXPORTER_GONE, Outcome.EXPORTER_GONE);
        object.write(memory -> memory.fill((byte) 3), PATIENCE, PATIENCE);
        object.write(
                memory -> assertThat(memory.get(ValueLayout.JAVA_BYTE, 5)).isEqualTo((byte) 3), PATIENCE, PATIENCE);

        exporter = new TestExporter(folder, port);
        UUID fresh = exporter.export();
        ImportedObject again = imported(fresh);
        again.release();
        object.release();
        await().untilAsserted(() -> assertThat(importer.mappedMemories()).isZero());
    }

    @Test
    void holdWhoseLifeLineEndedTakesNobodysFences() {
        UUID uuid = exporter.export();
        Exported exported = exporter.object(uuid);
        ImportedObject object = imported(uuid);
        exporter.endWatches();
        await().untilAsserted(() -> object.write(
                _ -> assertThat(exporter.fences.slot(exported.slot()).writing()).isFalse(), PATIENCE, PATIENCE));
        // The next import opens a new life line.
        ImportedObject next = imported(exporter.export());
        assertThat(exporter.watches).hasSize(1);
        next.release();
        object.release();
    }

    @Test
    void wholePagesAreMappedAsOneRunInTheirOrder() {
        UUID uuid = exporter.exportBlob(5 * 4096, 4096, 0, 8192, 9 * 4096, 100);
        ImportedObject object = imported(uuid);
        assertThat(object.path()).isEqualTo("shm");
        assertThat(object.layout().isFormatted()).isFalse();
        assertThat(object.layout().size()).isEqualTo(3 * 4096 + 100);

        paintNumbers(object);

        assertThat(scattered(exporter.object(uuid))).isEqualTo(numbers(3 * 4096 + 100));
        assertThat(importer.mappedMemories()).isEqualTo(2);
        object.release();
        await().untilAsserted(() -> assertThat(exporter.attachments).isEmpty());
        assertThat(importer.mappedMemories()).isZero();
    }

    @Test
    void piecesThatAreNoPagesAreCopiedAndSaidToBe() {
        UUID uuid = exporter.exportBlob(5 * 4096 + 7, 4000, 100, 50, 9 * 4096, 100);
        ImportedObject object = imported(uuid);
        assertThat(object.path()).isEqualTo("shm-copy");

        paintNumbers(object);

        assertThat(scattered(exporter.object(uuid))).isEqualTo(numbers(4150));
        assertThat(paths).containsExactly("shm-copy");
        object.write(memory -> memory.set(ValueLayout.JAVA_BYTE, 4100, (byte) 99), PATIENCE, PATIENCE);
        byte[] expected = numbers(4150);
        expected[4100] = 99;
        assertThat(scattered(exporter.object(uuid)))
                .as("what the painter leaves alone stays")
                .isEqualTo(expected);
        object.release();
    }

    @Test
    void aRevokeIsAcknowledgedWhenTheMemoryIsUnmapped() {
        ImportedObject object = imported(exporter.exportBlob(0, 4096, 8192, 4096));
        int attachment = exporter.attachments.iterator().next();
        List<String> told = new CopyOnWriteArrayList<>();
        assertThat(object.onRevoked(() -> told.add("revoked, mapped " + importer.mappedMemories())))
                .isTrue();

        exporter.revoke(attachment);

        await().untilAsserted(() -> assertThat(exporter.acknowledged).containsExactly(attachment));
        assertThat(told).containsExactly("revoked, mapped 2");
        assertThat(importer.mappedMemories()).isZero();
        assertThat(object.revoked()).isTrue();
        assertThat(object.onRevoked(() -> {})).isFalse();
        assertThatThrownBy(() -> object.write(_ -> {}, PATIENCE, PATIENCE)).isInstanceOf(ErrnoException.class);
        object.release();
        exporter.revoke(attachment);
        assertThat(exporter.acknowledged).hasSize(1);
    }

    @Test
    void aRevokeLetsTheWriteThatRunsFinishFirst() throws Exception {
        UUID uuid = exporter.export();
        ImportedObject object = imported(uuid);
        int attachment = exporter.attachments.iterator().next();
        CompletableFuture<Void> writing = new CompletableFuture<>();
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        CompletableFuture<Void> written = CompletableFuture.runAsync(() -> object.write(
                memory -> {
                    writing.complete(null);
                    goOn.join();
                    memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 5);
                },
                PATIENCE,
                TIMEOUT));
        writing.get(10, TimeUnit.SECONDS);

        exporter.revoke(attachment);
        await().until(object::revoked);
        assertThat(exporter.acknowledged).isEmpty();
        goOn.complete(null);

        written.get(10, TimeUnit.SECONDS);
        await().untilAsserted(() -> assertThat(exporter.acknowledged).containsExactly(attachment));
        assertThat(exporter.object(uuid).memory().segment().get(ValueLayout.JAVA_BYTE, Exported.OFFSET))
                .isEqualTo((byte) 5);
    }

    @Test
    void aRevokeThatComesBeforeTheAttachsOwnAnswerIsNotMissed() {
        imported(exporter.export()).release();
        exporter.revokeAtOnce = true;

        ImportedObject object = imported(exporter.exportBlob(0, 4096));

        await().untilAsserted(() -> assertThat(exporter.acknowledged).hasSize(1));
        assertThat(object.revoked()).isTrue();
        assertThat(object.onRevoked(() -> {})).isFalse();
    }

    private static byte[] numbers(int length) {
        byte[] numbers = new byte[length];
        for (int i = 0; i < length; i++) {
            numbers[i] = (byte) (i % 251);
        }
        return numbers;
    }

    private static void paintNumbers(ImportedObject object) {
        byte[] numbers = numbers(Math.toIntExact(object.layout().size()));
        object.write(memory -> memory.copyFrom(MemorySegment.ofArray(numbers)), PATIENCE, PATIENCE);
    }

    private static byte[] scattered(Exported object) {
        byte[] bytes = new byte[Math.toIntExact(MemoryPiece.size(object.blob()))];
        int at = 0;
        for (MemoryPiece piece : object.blob()) {
            MemorySegment.ofArray(bytes).asSlice(at, piece.length()).copyFrom(piece.segment());
            at += Math.toIntExact(piece.length());
        }
        return bytes;
    }

    private CompletableFuture<ImportedObject> attach(UUID uuid) {
        return importer.attach("default", uuid, "video0").toCompletableFuture();
    }

    private ImportedObject imported(UUID uuid) {
        return get(attach(uuid));
    }

    private static ImportedObject get(CompletableFuture<ImportedObject> attached) {
        try {
            return attached.get(10, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static ErrnoException failure(CompletableFuture<ImportedObject> attached) {
        try {
            throw new AssertionError("attached " + attached.get(10, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            return Statuses.toErrno(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }
}
