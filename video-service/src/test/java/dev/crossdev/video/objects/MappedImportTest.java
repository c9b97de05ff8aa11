package dev.crossdev.video.objects;

import static dev.crossdev.video.objects.ImportFixture.PATIENCE;
import static dev.crossdev.video.objects.ImportFixture.failure;
import static dev.crossdev.video.objects.ImportFixture.numbers;
import static dev.crossdev.video.objects.ImportFixture.paintNumbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.video.device.ImportedObject;
import dev.crossdev.video.objects.ImportListener.Outcome;
import dev.crossdev.video.objects.TestExporter.Exported;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is so only of memory that is mapped, and must not be sent. */
@Timeout(60)
class MappedImportTest {
    @TempDir
    Path folder;

    private ImportFixture fixture;

    @BeforeEach
    void start() {
        fixture = new ImportFixture(folder, Placement.SHARED_MEMORY);
    }

    @AfterEach
    void stopAndFindNothingLeft() {
        fixture.close();
    }

    @Test
    void theWriteFenceIsThereWhileThePainterIsAtWork() {
        UUID uuid = fixture.exporter.export();
        Exported exported = fixture.exporter.object(uuid);
        ImportedObject object = fixture.imported(uuid);

        object.write(
                memory -> {
                    assertThat(fixture.exporter.fences.slot(exported.slot()).writing())
                            .isTrue();
                    memory.set(ValueLayout.JAVA_BYTE, 0, (byte) 17);
                    assertThat(exported.content()[0]).as("seen at once").isEqualTo((byte) 17);
                },
                PATIENCE,
                PATIENCE);

        assertThat(fixture.exporter.fences.slot(exported.slot()).writing()).isFalse();
        assertThat(fixture.exporter.writes).isEmpty();
        object.release();
    }

    @Test
    void memoryIsMappedOnceAndFreedWithItsLastHolder() {
        UUID uuid = fixture.exporter.export();
        List<CompletableFuture<ImportedObject>> pending = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            pending.add(fixture.attach(uuid));
        }
        List<ImportedObject> objects = pending.stream().map(ImportFixture::get).toList();
        // The pixels and the fence table.
        assertThat(fixture.importer.mappedMemories()).isEqualTo(2);
        assertThat(fixture.exporter.watches).hasSize(1);
        objects.subList(1, 20).forEach(ImportedObject::release);
        assertThat(fixture.importer.mappedMemories()).isEqualTo(2);
        objects.getFirst().release();
        assertThat(fixture.importer.mappedMemories()).isZero();
    }

    @Test
    void memoryThatCannotBeReachedIsAnErrorAndLeavesNoHold() {
        UUID uuid = fixture.exporter.export();
        fixture.exporter.withdraw = true;
        assertThat(failure(fixture.attach(uuid)).errno()).isEqualTo(Errno.EIO);
        await().untilAsserted(() -> assertThat(fixture.exporter.attachments).isEmpty());
        fixture.exporter.withdraw = false;
        fixture.exporter.bootId = ByteString.copyFrom(new byte[16]);
        assertThat(failure(fixture.attach(fixture.exporter.export()))).hasMessageContaining("another machine");
        await().untilAsserted(() -> assertThat(fixture.exporter.attachments).isEmpty());
        assertThat(fixture.outcomes).containsExactly(Outcome.UNREACHABLE, Outcome.UNREACHABLE);
        assertThat(fixture.paths).containsExactly("none", "none");
    }

    @Test
    void holdsSurviveTheExporter() {
        UUID uuid = fixture.exporter.export();
        ImportedObject object = fixture.imported(uuid);
        int port = fixture.stopExporter();
        assertThat(failure(fixture.attach(uuid))).isInstanceOf(DeviceGoneException.class);

        object.write(memory -> memory.fill((byte) 3), PATIENCE, PATIENCE);
        object.write(
                memory -> assertThat(memory.get(ValueLayout.JAVA_BYTE, 5)).isEqualTo((byte) 3), PATIENCE, PATIENCE);

        fixture.startExporter(port);
        object.release();
        await().untilAsserted(
                        () -> assertThat(fixture.importer.mappedMemories()).isZero());
    }

    @Test
    void holdWhoseLifeLineEndedTakesNobodysFences() {
        UUID uuid = fixture.exporter.export();
        Exported exported = fixture.exporter.object(uuid);
        ImportedObject object = fixture.imported(uuid);
        fixture.exporter.endWatches();
        await().untilAsserted(() -> object.write(
                _ -> assertThat(fixture.exporter.fences.slot(exported.slot()).writing())
                        .isFalse(),
                PATIENCE,
                PATIENCE));
        object.release();
    }

    @Test
    void wholePagesAreMappedAsOneRunInTheirOrder() {
        UUID uuid = fixture.exporter.exportBlob(5 * 4096, 4096, 0, 8192, 9 * 4096, 100);
        ImportedObject object = fixture.imported(uuid);
        assertThat(object.path()).isEqualTo("shm");
        assertThat(fixture.importer.mappedMemories()).isEqualTo(2);

        paintNumbers(object);

        assertThat(fixture.exporter.object(uuid).content()).isEqualTo(numbers(3 * 4096 + 100));
        object.release();
        assertThat(fixture.importer.mappedMemories()).isZero();
    }

    @Test
    void piecesThatAreNoPagesAreCopiedAndSaidToBe() {
        UUID uuid = fixture.exporter.exportBlob(5 * 4096 + 7, 4000, 100, 50, 9 * 4096, 100);
        ImportedObject object = fixture.imported(uuid);
        assertThat(object.path()).isEqualTo("shm-copy");

        paintNumbers(object);

        assertThat(fixture.exporter.object(uuid).content()).isEqualTo(numbers(4150));
        assertThat(fixture.paths).containsExactly("shm-copy");
        object.write(memory -> memory.set(ValueLayout.JAVA_BYTE, 4100, (byte) 99), PATIENCE, PATIENCE);
        byte[] expected = numbers(4150);
        expected[4100] = 99;
        assertThat(fixture.exporter.object(uuid).content())
                .as("what the painter leaves alone stays")
                .isEqualTo(expected);
        object.release();
    }
}
