package dev.crossdev.video.objects;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.video.device.ImportedObject;
import dev.crossdev.video.objects.ImportListener.Outcome;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An exporting service, an importer of its objects, and the certainty that nothing of either stays mapped. */
final class ImportFixture implements AutoCloseable {
    static final Duration TIMEOUT = Duration.ofSeconds(6);
    static final Duration PATIENCE = Duration.ofSeconds(1);

    private final long memoriesBefore = SharedMemory.live();
    private final Path folder;
    private final ManagedChannel channel;
    final SharedObjectsImporter importer;
    final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    final List<String> paths = new CopyOnWriteArrayList<>();
    TestExporter exporter;

    ImportFixture(Path folder, Placement placement) {
        this.folder = folder;
        exporter = new TestExporter(folder, 0);
        channel = Channels.plaintext("127.0.0.1", exporter.port());
        importer = new SharedObjectsImporter(
                channel, placement, TIMEOUT, WriteListener.ignored(), UnaryOperator.identity());
    }

    /** The service goes, and nothing comes in its place yet. */
    int stopExporter() {
        int port = exporter.port();
        exporter.close();
        return port;
    }

    void startExporter(int port) {
        exporter = new TestExporter(folder, port);
    }

    CompletableFuture<ImportedObject> attach(UUID uuid) {
        return attach(uuid, null);
    }

    CompletableFuture<ImportedObject> attach(UUID uuid, @Nullable Deadline callers) {
        return importer.attach("default", uuid, "video0", callers)
                .whenComplete((object, failure) -> {
                    outcomes.add(failure == null ? Outcome.OK : DirectoryImporter.outcome(uuid, failure));
                    paths.add(object == null ? "none" : object.path());
                })
                .toCompletableFuture();
    }

    ImportedObject imported(UUID uuid) {
        return get(attach(uuid));
    }

    /** The latest one. */
    int attachment() {
        return exporter.attaches.get();
    }

    static ImportedObject get(CompletableFuture<ImportedObject> attached) {
        try {
            return attached.get(20, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    static ErrnoException failure(CompletableFuture<ImportedObject> attached) {
        try {
            throw new AssertionError("attached " + attached.get(20, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            return Statuses.toErrno(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    static byte[] numbers(int length) {
        byte[] numbers = new byte[length];
        for (int i = 0; i < length; i++) {
            numbers[i] = (byte) (i % 251);
        }
        return numbers;
    }

    static void paintNumbers(ImportedObject object) {
        byte[] numbers = numbers(Math.toIntExact(object.layout().size()));
        object.write(memory -> memory.copyFrom(MemorySegment.ofArray(numbers)), PATIENCE, PATIENCE);
    }

    @Override
    public void close() {
        importer.close();
        channel.shutdownNow();
        exporter.close();
        assertThat(importer.mappedMemories()).isZero();
        assertThat(SharedMemory.live()).isEqualTo(memoriesBefore);
    }
}
