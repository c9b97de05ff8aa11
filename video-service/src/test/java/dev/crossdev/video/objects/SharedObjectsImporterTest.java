package dev.crossdev.video.objects;

import static dev.crossdev.video.objects.ImportFixture.PATIENCE;
import static dev.crossdev.video.objects.ImportFixture.TIMEOUT;
import static dev.crossdev.video.objects.ImportFixture.failure;
import static dev.crossdev.video.objects.ImportFixture.get;
import static dev.crossdev.video.objects.ImportFixture.numbers;
import static dev.crossdev.video.objects.ImportFixture.paintNumbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.video.device.ImportedObject;
import dev.crossdev.video.device.ObjectLayout;
import dev.crossdev.video.objects.ImportListener.Outcome;
import dev.crossdev.video.objects.TestExporter.Exported;
import io.grpc.Context;
import io.grpc.Deadline;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds whichever way leads to the object's content. */
@Timeout(60)
@ParameterizedClass
@EnumSource(SharedObjectsImporterTest.Way.class)
class SharedObjectsImporterTest {

    enum Way {
        MAPPED(Placement.AUTO, "shm"),
        NO_SOCKET(Placement.AUTO, "stream"),
        ASKED_FOR(Placement.STREAM, "stream");

        private final Placement placement;
        private final String path;

        Way(Placement placement, String path) {
            this.placement = placement;
            this.path = path;
        }
    }

    private final Way way;

    @TempDir
    Path folder;

    private ImportFixture fixture;

    SharedObjectsImporterTest(Way way) {
        this.way = way;
    }

    @BeforeEach
    void start() {
        fixture = new ImportFixture(folder, way.placement);
        prepare();
    }

    private void prepare() {
        fixture.exporter.socketNamed = way != Way.NO_SOCKET;
    }

    @AfterEach
    void stopAndFindNothingLeft() {
        fixture.close();
    }

    @Test
    void whatIsWrittenIsSeenByTheExporterWhenTheWriteIsOver() {
        UUID uuid = fixture.exporter.export();
        Exported exported = fixture.exporter.object(uuid);
        ImportedObject object = fixture.imported(uuid);
        assertThat(object.path()).isEqualTo(way.path);
        assertThat(object.layout().width()).isEqualTo(TestExporter.WIDTH);

        object.write(
                memory -> {
                    assertThat(memory.byteSize()).isEqualTo(TestExporter.BYTES);
                    memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 17);
                    memory.set(ValueLayout.JAVA_BYTE, TestExporter.BYTES - 1, (byte) 18);
                },
                PATIENCE,
                PATIENCE);

        assertThat(fixture.exporter.fences.slot(exported.slot()).writing()).isFalse();
        assertThat(exported.content()[0]).isEqualTo((byte) 17);
        assertThat(exported.content()[TestExporter.BYTES - 1]).isEqualTo((byte) 18);
        object.release();
        object.release();
        await().untilAsserted(() -> assertThat(fixture.exporter.attachments).isEmpty());
        assertThat(fixture.importer.mappedMemories()).isZero();
        assertThat(fixture.outcomes).containsExactly(Outcome.OK);
        assertThat(fixture.paths).containsExactly(way.path);
        assertThatThrownBy(() -> object.write(_ -> {}, PATIENCE, PATIENCE)).isInstanceOf(ErrnoException.class);
    }

    @Test
    void aBlobsBytesAreAllThePaintersWhereverTheyLie() {
        UUID uuid = fixture.exporter.exportBlob(5 * 4096, 4096, 0, 8192, 9 * 4096, 100);
        ImportedObject object = fixture.imported(uuid);
        assertThat(object.path()).isEqualTo(way.path);
        assertThat(object.layout().isFormatted()).isFalse();
        assertThat(object.layout().size()).isEqualTo(3 * 4096 + 100);

        paintNumbers(object);

        assertThat(fixture.exporter.object(uuid).content()).isEqualTo(numbers(3 * 4096 + 100));
        object.release();
        await().untilAsserted(() -> assertThat(fixture.exporter.attachments).isEmpty());
    }

    @Test
    void whatLiesBetweenAndAfterThePixelsStays() {
        UUID uuid = fixture.exporter.exportBlob(0, 4096);
        Exported exported = fixture.exporter.object(uuid);
        exported.memory().segment().fill((byte) 0x5a);
        ImportedObject object = fixture.imported(uuid);

        object.write(
                new ObjectLayout(0, 2, 3, 12, 100, 132),
                memory -> {
                    for (long row = 0; row < 3; row++) {
                        memory.asSlice(100 + row * 12, 8).fill((byte) 7);
                    }
                },
                PATIENCE,
                PATIENCE);

        byte[] content = exported.content();
        for (int at = 0; at < content.length; at++) {
            boolean pixel = at >= 100 && at < 132 && (at - 100) % 12 < 8;
            assertThat(content[at]).as("byte %d", at).isEqualTo((byte) (pixel ? 7 : 0x5a));
        }
        object.release();
    }

    @Test
    void importsFailWhileTheExporterIsAwayAndWorkAgainWhenItIsBack() {
        UUID uuid = fixture.exporter.export();
        ImportedObject object = fixture.imported(uuid);
        int port = fixture.stopExporter();

        assertThat(failure(fixture.attach(uuid))).isInstanceOf(DeviceGoneException.class);
        assertThat(failure(fixture.attach(uuid))).isInstanceOf(DeviceGoneException.class);
        assertThat(fixture.outcomes).containsExactly(Outcome.OK, Outcome.EXPORTER_GONE, Outcome.EXPORTER_GONE);

        fixture.startExporter(port);
        prepare();
        UUID fresh = fixture.exporter.export();
        ImportedObject again = fixture.imported(fresh);
        paintNumbers(again);
        assertThat(fixture.exporter.object(fresh).content()).isEqualTo(numbers(TestExporter.BYTES));
        again.release();
        object.release();
        await().untilAsserted(
                        () -> assertThat(fixture.importer.mappedMemories()).isZero());
    }

    @Test
    void anEndedLifeLineIsFollowedByAnother() {
        ImportedObject object = fixture.imported(fixture.exporter.export());
        fixture.exporter.endWatches();
        UUID uuid = fixture.exporter.export();
        // Fails as long as the importer has not heard of the end.
        ImportedObject next = await().until(
                        () -> fixture.attach(uuid).exceptionally(_ -> null).join(), Objects::nonNull);
        assertThat(fixture.exporter.watches).hasSize(1);
        paintNumbers(next);
        next.release();
        object.release();
    }

    @Test
    void unknownUuidsAreErrors() {
        assertThat(failure(fixture.attach(UUID.randomUUID())).errno()).isEqualTo(Errno.ENOENT);
        assertThat(fixture.outcomes).containsExactly(Outcome.UNKNOWN_UUID);
        assertThat(fixture.paths).containsExactly("none");
        assertThat(fixture.exporter.attaches).hasValue(1);
    }

    @Test
    void anotherGuestsUuidIsUnknown() {
        UUID uuid = fixture.exporter.export();
        assertThat(failure(fixture.importer
                                .attach("other", uuid, "video0", null)
                                .toCompletableFuture())
                        .errno())
                .isEqualTo(Errno.ENOENT);
    }

    @Test
    void exporterThatDoesNotAnswerEndsTheImportByTheCallersDeadline() {
        UUID uuid = fixture.exporter.export();
        fixture.exporter.silent = true;
        long before = System.nanoTime();
        ErrnoException failure = failure(fixture.attach(uuid, Deadline.after(300, TimeUnit.MILLISECONDS)));
        assertThat(failure.errno()).isEqualTo(Errno.ETIMEDOUT);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(TIMEOUT.minusMillis(500));
        // The exporter, too, knows when there is no point in answering.
        assertThat(fixture.exporter.deadlinesMillis).hasSize(1).allMatch(millis -> millis > 0 && millis <= 300);
        assertThat(fixture.outcomes).containsExactly(Outcome.TIMEOUT);
    }

    @Test
    void exporterThatDoesNotAnswerEndsTheImportByItsOwnDeadline() {
        UUID uuid = fixture.exporter.export();
        fixture.exporter.silent = true;
        assertThat(failure(fixture.attach(uuid)).errno()).isEqualTo(Errno.ETIMEDOUT);
    }

    @Test
    void callerWhoseCallIsOverDoesNotCancelTheImport() {
        UUID uuid = fixture.exporter.export();
        Context.CancellableContext context = Context.current().withCancellation();
        context.cancel(null);
        List<CompletableFuture<ImportedObject>> attached = new ArrayList<>();
        context.run(() -> attached.add(fixture.attach(uuid)));
        get(attached.getFirst()).release();
    }

    @Test
    void aRevokeIsAcknowledgedWhenTheMemoryIsUnmapped() {
        ImportedObject object = fixture.imported(fixture.exporter.exportBlob(0, 4096, 8192, 4096));
        int attachment = fixture.exporter.attachments.iterator().next();
        List<String> told = new CopyOnWriteArrayList<>();
        assertThat(object.onRevoked(() -> told.add("revoked, mapped " + fixture.importer.mappedMemories())))
                .isTrue();

        fixture.exporter.revoke(attachment);

        await().untilAsserted(() -> assertThat(fixture.exporter.acknowledged).containsExactly(attachment));
        assertThat(told).containsExactly("revoked, mapped " + (way == Way.MAPPED ? 2 : 0));
        assertThat(fixture.importer.mappedMemories()).isZero();
        assertThat(object.revoked()).isTrue();
        assertThat(object.onRevoked(() -> {})).isFalse();
        assertThatThrownBy(() -> object.write(_ -> {}, PATIENCE, PATIENCE)).isInstanceOf(ErrnoException.class);
        object.release();
        fixture.exporter.revoke(attachment);
        assertThat(fixture.exporter.acknowledged).hasSize(1);
    }

    @Test
    void aRevokeLetsTheWriteThatRunsFinishFirst() throws Exception {
        UUID uuid = fixture.exporter.export();
        ImportedObject object = fixture.imported(uuid);
        int attachment = fixture.exporter.attachments.iterator().next();
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
        writing.get(20, TimeUnit.SECONDS);

        fixture.exporter.revoke(attachment);
        await().until(object::revoked);
        assertThat(fixture.exporter.acknowledged).isEmpty();
        goOn.complete(null);

        written.get(20, TimeUnit.SECONDS);
        await().untilAsserted(() -> assertThat(fixture.exporter.acknowledged).containsExactly(attachment));
        assertThat(fixture.exporter.object(uuid).content()[0]).isEqualTo((byte) 5);
    }

    @Test
    void aRevokeThatComesBeforeTheAttachsOwnAnswerIsNotMissed() {
        fixture.imported(fixture.exporter.export()).release();
        fixture.exporter.revokeAtOnce = true;

        ImportedObject object = fixture.imported(fixture.exporter.exportBlob(0, 4096));

        await().untilAsserted(() -> assertThat(fixture.exporter.acknowledged).hasSize(1));
        assertThat(object.revoked()).isTrue();
        assertThat(object.onRevoked(() -> {})).isFalse();
    }
}
