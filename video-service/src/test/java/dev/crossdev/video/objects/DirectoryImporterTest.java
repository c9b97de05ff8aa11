package dev.crossdev.video.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.service.directory.Directory;
import dev.crossdev.video.device.ImportedObject;
import dev.crossdev.video.objects.ImportListener.Outcome;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DirectoryImporterTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What is where, as the test says. */
    private static final class TestDirectory implements Directory {
        final Map<UUID, HostPort> objects = new ConcurrentHashMap<>();
        final AtomicInteger lookups = new AtomicInteger();
        volatile boolean away;
        volatile boolean silent;
        volatile @Nullable InstanceListener listener;

        @Override
        public CompletionStage<HostPort> find(String guest, UUID uuid) {
            lookups.incrementAndGet();
            if (silent) {
                return new CompletableFuture<>();
            }
            if (away) {
                return CompletableFuture.failedStage(new DeviceGoneException("the directory does not answer"));
            }
            HostPort found = objects.get(uuid);
            return found == null
                    ? CompletableFuture.failedStage(new ErrnoException(Errno.ENOENT, "no object"))
                    : CompletableFuture.completedStage(found);
        }

        @Override
        public Runnable watch(InstanceListener told) {
            listener = told;
            return () -> listener = null;
        }

        @Override
        public void close() {}

        InstanceListener told() {
            return Objects.requireNonNull(listener);
        }
    }

    private record Link(ManagedChannel channel, SharedObjectsImporter importer, AtomicInteger closed)
            implements ExporterLink {
        @Override
        public void close() {
            closed.incrementAndGet();
            importer.close();
            channel.shutdownNow();
        }
    }

    private final TestDirectory directory = new TestDirectory();
    private final AtomicInteger closedLinks = new AtomicInteger();
    private final List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    private final List<String> paths = new CopyOnWriteArrayList<>();
    private final List<Duration> times = new CopyOnWriteArrayList<>();
    private final List<Thread> keptBy = new CopyOnWriteArrayList<>();
    private TestExporter one;
    private TestExporter two;
    private DirectoryImporter importer;

    @BeforeEach
    void start(@TempDir Path first, @TempDir Path second) {
        one = new TestExporter(first, 0);
        two = new TestExporter(second, 0);
        importer = new DirectoryImporter(
                directory,
                this::link,
                (outcome, path, took) -> {
                    outcomes.add(outcome);
                    paths.add(path);
                    times.add(took);
                },
                this::kept);
    }

    @AfterEach
    void stop() {
        importer.close();
        one.close();
        two.close();
        assertThat(directory.listener).isNull();
        assertThat(times).allMatch(Duration::isPositive);
    }

    private <T, R> Function<T, R> kept(Function<T, R> next) {
        keptBy.add(Thread.currentThread());
        return next;
    }

    private Link link(HostPort address) {
        ManagedChannel channel = Channels.plaintext(address.host(), address.port());
        return new Link(
                channel,
                new SharedObjectsImporter(
                        channel,
                        Placement.AUTO,
                        Duration.ofSeconds(30),
                        WriteListener.ignored(),
                        UnaryOperator.identity()),
                closedLinks);
    }

    private static HostPort of(TestExporter exporter) {
        return new HostPort("127.0.0.1", exporter.port());
    }

    private UUID exportedBy(TestExporter exporter) {
        UUID uuid = exporter.export();
        directory.objects.put(uuid, of(exporter));
        return uuid;
    }

    private ImportedObject imported(UUID uuid) {
        return done(importer.attach("default", uuid, "video0"));
    }

    private static <T> T done(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw Statuses.toErrno(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void eachObjectComesFromTheInstanceThatHasIt() {
        ImportedObject first = imported(exportedBy(one));
        ImportedObject second = imported(exportedBy(two));
        ImportedObject third = imported(exportedBy(two));

        assertThat(one.attaches).hasValue(1);
        assertThat(two.attaches).hasValue(2);
        assertThat(importer.links()).isEqualTo(2);
        assertThat(directory.lookups).hasValue(3);
        assertThat(keptBy).hasSize(3).containsOnly(Thread.currentThread());
        assertThat(outcomes).containsExactly(Outcome.OK, Outcome.OK, Outcome.OK);
        List.of(first, second, third).forEach(ImportedObject::release);
    }

    @Test
    void zeroBytesAreNotLookedUp() {
        assertThatThrownBy(() -> imported(new UUID(0, 0)))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));

        assertThat(directory.lookups).hasValue(0);
        assertThat(outcomes).containsExactly(Outcome.ZERO_UUID);
        assertThat(paths).containsExactly("none");
    }

    @Test
    void anUnknownUuidAsksNoInstance() {
        assertThatThrownBy(() -> imported(UUID.randomUUID()))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));

        assertThat(importer.links()).isZero();
        assertThat(outcomes).containsExactly(Outcome.UNKNOWN_UUID);
    }

    @Test
    void withoutADirectoryNothingIsImportedAndWhatWasStays() {
        ImportedObject held = imported(exportedBy(one));
        UUID other = exportedBy(one);
        directory.away = true;

        assertThatThrownBy(() -> imported(other)).isInstanceOf(DeviceGoneException.class);

        assertThat(outcomes).containsExactly(Outcome.OK, Outcome.EXPORTER_GONE);
        held.write(memory -> assertThat(memory.byteSize()).isEqualTo(TestExporter.BYTES), PATIENCE, PATIENCE);
        held.release();
    }

    @Test
    void aCallersDeadlineEndsALookUpThatDoesNotEnd() {
        directory.silent = true;

        assertThatThrownBy(() -> done(importedWithin(200, UUID.randomUUID())))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));

        assertThat(outcomes).containsExactly(Outcome.TIMEOUT);
    }

    @Test
    void aCallersDeadlineIsTheInstancesToo() {
        UUID uuid = exportedBy(one);
        one.silent = true;

        assertThatThrownBy(() -> done(importedWithin(300, uuid)))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));

        assertThat(one.deadlinesMillis).hasSize(1).allMatch(millis -> millis > 0 && millis <= 300);
    }

    /** As for a call with that deadline. */
    private CompletionStage<ImportedObject> importedWithin(long millis, UUID uuid) throws Exception {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        try (Context.CancellableContext call = Context.ROOT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS, timer)) {
            return call.wrap(() -> importer.forCaller().attach("default", uuid, "video0"))
                    .call();
        } finally {
            timer.shutdownNow();
        }
    }

    @Test
    void anInstanceThatLeftIsLetGoOfWhenNothingOfItIsHeld() {
        ImportedObject held = imported(exportedBy(one));
        directory.told().left(of(one));
        assertThat(importer.links()).isEqualTo(1);
        assertThat(one.watches).hasSize(1);

        held.release();
        imported(exportedBy(two)).release();

        assertThat(importer.links()).isEqualTo(1);
        assertThat(closedLinks).hasValue(1);
    }

    @Test
    void anInstanceThatCameBackKeepsItsLink() {
        imported(exportedBy(one)).release();
        await().until(() -> one.attachments.isEmpty());
        ImportedObject held = imported(exportedBy(one));
        directory.told().left(of(one));
        directory.told().joined(of(one));
        held.release();

        imported(exportedBy(one)).release();

        assertThat(closedLinks).hasValue(0);
        assertThat(importer.links()).isEqualTo(1);
    }
}
