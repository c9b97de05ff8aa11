package dev.crossdev.video.objects;

import static dev.crossdev.video.objects.ImportFixture.PATIENCE;
import static dev.crossdev.video.objects.ImportFixture.TIMEOUT;
import static dev.crossdev.video.objects.ImportFixture.failure;
import static dev.crossdev.video.objects.ImportFixture.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.video.device.ImportedObject;
import dev.crossdev.video.device.ObjectLayout;
import dev.crossdev.video.objects.TestExporter.Exported;
import dev.crossdev.video.objects.TestExporter.WriteSeen;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is so only of pictures that are sent. */
@Timeout(60)
class SentPictureTest {
    private static final Duration LONG = Duration.ofSeconds(50);

    @TempDir
    Path folder;

    private ImportFixture fixture;

    @BeforeEach
    void start() {
        fixture = new ImportFixture(folder, Placement.AUTO);
        fixture.exporter.socketNamed = false;
    }

    @AfterEach
    void stopAndFindNothingLeft() {
        fixture.close();
    }

    @Test
    void whateverKeepsMemoryFromBeingMappedItIsSentThen() {
        fixture.exporter.bootId = ByteString.copyFrom(new byte[16]);
        assertThat(fixture.imported(fixture.exporter.export()).path()).isEqualTo("stream");
        fixture.exporter.socketNamed = true;
        assertThat(fixture.imported(fixture.exporter.export()).path())
                .as("another machine")
                .isEqualTo("stream");
        fixture.exporter.bootId = BootId.local().bytes();
        fixture.exporter.withdraw = true;
        assertThat(fixture.imported(fixture.exporter.export()).path())
                .as("refused at the socket")
                .isEqualTo("stream");
        fixture.exporter.withdraw = false;
        ImportedObject mapped = fixture.imported(fixture.exporter.export());
        assertThat(mapped.path()).as("nothing is in the way").isEqualTo("shm");
        mapped.release();
        assertThat(fixture.paths).containsExactly("stream", "stream", "stream", "shm");
    }

    @Test
    void noFenceIsHeldWhileThePainterIsAtWorkAndNothingIsSeenOfIt() {
        UUID uuid = fixture.exporter.export();
        Exported exported = fixture.exporter.object(uuid);
        ImportedObject object = fixture.imported(uuid);

        object.write(
                memory -> {
                    memory.fill((byte) 9);
                    assertThat(fixture.exporter.fences.slot(exported.slot()).writing())
                            .isFalse();
                    assertThat(exported.content()).containsOnly(0);
                },
                PATIENCE,
                PATIENCE);

        assertThat(exported.content()).containsOnly(9);
        assertThat(object.fences()).isEmpty();
        assertThat(fixture.importer.mappedMemories()).isZero();
    }

    @Test
    void onlyPixelsAreSentOfRowsThatDoNotTouch() {
        UUID uuid = fixture.exporter.exportBlob(0, 100 + 48 * 300 + 500);
        Exported exported = fixture.exporter.object(uuid);
        exported.memory().segment().fill((byte) 0x5a);
        ImportedObject object = fixture.imported(uuid);
        ObjectLayout layout =
                new ObjectLayout(1, 64, 48, 300, 100, object.layout().size());

        object.write(layout, memory -> memory.fill((byte) 7), PATIENCE, PATIENCE);

        WriteSeen write = fixture.exporter.writes.getFirst();
        assertThat(write.start.getOffset()).isEqualTo(100);
        assertThat(write.start.getLength()).isEqualTo(64 * 48 * 4);
        assertThat(write.bytes).hasValue(64 * 48 * 4);
        byte[] content = exported.content();
        for (int at = 0; at < content.length; at++) {
            boolean pixel = at >= 100 && (at - 100) / 300 < 48 && (at - 100) % 300 < 256;
            assertThat(content[at]).as("byte %d", at).isEqualTo((byte) (pixel ? 7 : 0x5a));
        }
    }

    @Test
    void aPictureLargerThanAPieceTravelsInPiecesAndArrivesWhole() {
        int size = 3 * PictureWrite.PIECE + 5;
        UUID uuid = fixture.exporter.exportBlob(0, size);
        ImportedObject object = fixture.imported(uuid);

        ImportFixture.paintNumbers(object);

        assertThat(fixture.exporter.object(uuid).content()).isEqualTo(numbers(size));
        assertThat(fixture.exporter.writes.getFirst().pieces).hasValue(4);
    }

    @Test
    void aPainterThatFailsSendsNothing() {
        UUID uuid = fixture.exporter.export();
        ImportedObject object = fixture.imported(uuid);

        assertThatThrownBy(() -> object.write(
                        _ -> {
                            throw new IllegalStateException("on purpose");
                        },
                        PATIENCE,
                        PATIENCE))
                .hasMessage("on purpose");

        assertThat(fixture.exporter.writes).isEmpty();
    }

    @Test
    void aPeerThatDoesNotReadIsWaitedForOnlyAsLongAsAllowedAndItsObjectIsUntouched() {
        int size = 1 << 20;
        UUID uuid = fixture.exporter.exportBlob(0, size);
        ImportedObject object = fixture.imported(uuid);
        fixture.exporter.writeMessagesRead = 2;

        ErrnoException failure = refused(
                () -> object.write(memory -> memory.fill((byte) 1), Duration.ofMillis(100), Duration.ofMillis(100)));

        assertThat(failure.errno()).isEqualTo(Errno.ETIMEDOUT);
        await().until(() -> fixture.exporter.writes.getFirst().cancelled);
        assertThat(fixture.exporter.object(uuid).content()).containsOnly(0);

        fixture.exporter.writeMessagesRead = Integer.MAX_VALUE;
        object.write(memory -> memory.fill((byte) 2), PATIENCE, PATIENCE);
        assertThat(fixture.exporter.object(uuid).content())
                .as("the object is as good as before")
                .containsOnly(2);
    }

    @Test
    void aWriteIsNotOverBeforeTheExporterHasSaidSo() throws Exception {
        UUID uuid = fixture.exporter.export();
        ImportedObject object = fixture.imported(uuid);
        fixture.exporter.writesUnanswered = true;
        CompletableFuture<Void> written =
                CompletableFuture.runAsync(() -> object.write(memory -> memory.fill((byte) 1), LONG, LONG));
        await().until(() -> !fixture.exporter.writes.isEmpty()
                && fixture.exporter.writes.getFirst().bytes.get() == TestExporter.BYTES);
        assertThat(written).isNotDone();

        int port = fixture.stopExporter();

        ErrnoException failure = (ErrnoException)
                written.handle((_, thrown) -> thrown.getCause()).get(20, TimeUnit.SECONDS);
        assertThat(failure).isInstanceOf(DeviceGoneException.class);
        fixture.startExporter(port);
    }

    @Test
    void anInterruptGivesUpAWriteHalfWay() throws Exception {
        UUID uuid = fixture.exporter.exportBlob(0, 1 << 20);
        ImportedObject object = fixture.imported(uuid);
        fixture.exporter.writeMessagesRead = 2;
        CompletableFuture<ErrnoException> failed = new CompletableFuture<>();
        Thread writer = Thread.ofPlatform().start(() -> {
            ErrnoException failure = refused(() -> object.write(memory -> memory.fill((byte) 1), LONG, LONG));
            failed.complete(Thread.interrupted() ? failure : new ErrnoException(Errno.EIO, "the flag was lost"));
        });
        await().until(() -> !fixture.exporter.writes.isEmpty()
                && fixture.exporter.writes.getFirst().pieces.get() == 1);

        writer.interrupt();

        assertThat(failed.get(20, TimeUnit.SECONDS).errno()).isEqualTo(Errno.EINTR);
        await().until(() -> fixture.exporter.writes.getFirst().cancelled);
        assertThat(fixture.exporter.object(uuid).content()).containsOnly(0);
        writer.join();
    }

    @Test
    void anExporterThatRefusesOrCountsWrongFailsTheWrite() {
        UUID uuid = fixture.exporter.export();
        ImportedObject object = fixture.imported(uuid);
        fixture.exporter.writeRefusal = Errno.ENOBUFS;
        assertThat(refused(() -> object.write(_ -> {}, PATIENCE, PATIENCE)).errno())
                .isEqualTo(Errno.ENOBUFS);
        fixture.exporter.writeRefusal = null;
        fixture.exporter.writtenSaid = 1L;
        assertThat(refused(() -> object.write(_ -> {}, PATIENCE, PATIENCE)).errno())
                .isEqualTo(Errno.EPROTO);
    }

    @Test
    void holdsFallWithTheExporterAndSomebodyIsTold() {
        UUID uuid = fixture.exporter.export();
        ImportedObject object = fixture.imported(uuid);
        List<String> told = new CopyOnWriteArrayList<>();
        assertThat(object.onRevoked(() -> told.add("lost"))).isTrue();
        int port = fixture.stopExporter();

        await().until(object::revoked);

        assertThat(told).containsExactly("lost");
        assertThat(refused(() -> object.write(_ -> {}, PATIENCE, PATIENCE)).errno())
                .isEqualTo(Errno.EIO);
        assertThat(failure(fixture.attach(uuid))).isInstanceOf(DeviceGoneException.class);
        fixture.startExporter(port);
        fixture.exporter.socketNamed = false;
        ImportedObject next = fixture.imported(fixture.exporter.export());
        next.write(memory -> memory.fill((byte) 4), PATIENCE, TIMEOUT);
    }

    @Test
    void anImporterThatIsCutOffLosesWhatItHolds() {
        ImportedObject object = fixture.imported(fixture.exporter.export());

        fixture.exporter.endWatches();

        await().until(object::revoked);
        assertThat(fixture.exporter.acknowledged)
                .as("nobody is there to be told")
                .isEmpty();
    }

    private static ErrnoException refused(Runnable write) {
        return catchThrowableOfType(ErrnoException.class, write::run);
    }
}
