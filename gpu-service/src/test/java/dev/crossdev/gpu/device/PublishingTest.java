package dev.crossdev.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.gpu.objects.LocalObjects;
import dev.crossdev.gpu.objects.MemoryHandout;
import dev.crossdev.gpu.objects.ObjectSettings;
import dev.crossdev.service.directory.Publisher;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.memory.MemEntry;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** ASSIGN_UUID when it takes a while until importers can find the object. */
class PublishingTest {

    /** A directory that answers when the test says so. */
    private static final class SlowDirectory implements Publisher {
        final List<CompletableFuture<Void>> publications = new CopyOnWriteArrayList<>();
        final List<UUID> published = new CopyOnWriteArrayList<>();
        final List<UUID> withdrawn = new CopyOnWriteArrayList<>();

        @Override
        public CompletableFuture<Void> publish(String guest, UUID uuid) {
            CompletableFuture<Void> publication = new CompletableFuture<>();
            published.add(uuid);
            publications.add(publication);
            return publication;
        }

        @Override
        public void withdraw(String guest, UUID uuid) {
            withdrawn.add(uuid);
        }

        @Override
        public CompletableFuture<Void> claim(DeviceKey device) {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void release(DeviceKey device) {}

        @Override
        public boolean holdsItsPlace() {
            return true;
        }

        @Override
        public void close() {}
    }

    private final SlowDirectory directory = new SlowDirectory();
    private final LocalObjects objects =
            new LocalObjects(ObjectSettings.DEFAULT, MemoryHandout.none(), (_, _, _) -> {}, directory);
    private final TestGpu gpu = TestGpu.of(objects, TestGpu.GUEST);

    @AfterEach
    void close() {
        gpu.close();
        objects.close();
    }

    @Test
    void theAnswerComesWhenTheObjectCanBeFoundAndThoseBehindItComeAfterIt() {
        gpu.resource(1, 4, 4);
        CompletableFuture<GpuReply> assign = gpu.submit(new GpuCommand.ResourceAssignUuid(1));
        CompletableFuture<GpuReply> behind = gpu.submit(new GpuCommand.GetDisplayInfo());
        await().until(() -> !directory.publications.isEmpty());
        assertThat(assign).isNotDone();
        assertThat(behind).isNotDone();

        directory.publications.getFirst().complete(null);

        assertThat(TestGpu.await(assign).response())
                .isEqualTo(new GpuResponse.OkResourceUuid(directory.published.getFirst()));
        assertThat(TestGpu.await(behind).response().result()).isEqualTo(GpuResult.OK_DISPLAY_INFO);
        // Known already: no second round trip.
        assertThat(gpu.assignUuid(1)).isEqualTo(directory.published.getFirst());
        assertThat(directory.published).hasSize(1);
    }

    private List<CompletableFuture<GpuReply>> assignAll(int resources) {
        return IntStream.rangeClosed(1, resources)
                .mapToObj(id -> gpu.submit(new GpuCommand.ResourceAssignUuid(id)))
                .toList();
    }

    @Test
    void registrationsInARowShareTheDirectorysRoundTripAndAreAnsweredInTheirOrder() {
        for (int id = 1; id <= 4; id++) {
            gpu.resource(id, 4, 4);
        }
        List<CompletableFuture<GpuReply>> all = assignAll(4);
        await().until(() -> directory.publications.size() == 4);
        assertThat(gpu.device.pending()).isEqualTo(4);

        directory.publications.get(1).complete(null);
        directory.publications.get(2).completeExceptionally(new ErrnoException(Errno.ETIMEDOUT, "too late"));
        assertThat(all).noneMatch(CompletableFuture::isDone);

        directory.publications.get(0).complete(null);
        assertThat(TestGpu.await(all.get(0)).response())
                .isEqualTo(new GpuResponse.OkResourceUuid(directory.published.get(0)));
        assertThat(TestGpu.await(all.get(1)).response())
                .isEqualTo(new GpuResponse.OkResourceUuid(directory.published.get(1)));
        assertThat(TestGpu.await(all.get(2)).response().result()).isEqualTo(GpuResult.ERR_UNSPEC);
        assertThat(all.get(3)).isNotDone();
        directory.publications.get(3).complete(null);
        assertThat(TestGpu.await(all.get(3)).response())
                .isEqualTo(new GpuResponse.OkResourceUuid(directory.published.get(3)));
    }

    @Test
    void whatADriverMakesBetweenRegistrationsDoesNotWaitForThem() {
        gpu.resource(1, 4, 4);
        CompletableFuture<GpuReply> first = gpu.submit(new GpuCommand.ResourceAssignUuid(1));
        CompletableFuture<GpuReply> made = gpu.submit(new GpuCommand.ResourceCreate2d(2, 1, 4, 4));
        CompletableFuture<GpuReply> second = gpu.submit(new GpuCommand.ResourceAssignUuid(2));

        await().until(() -> directory.publications.size() == 2);
        assertThat(List.of(first, made, second)).noneMatch(CompletableFuture::isDone);

        directory.publications.getLast().complete(null);
        directory.publications.getFirst().complete(null);
        assertThat(TestGpu.await(second).response()).isInstanceOf(GpuResponse.OkResourceUuid.class);
        assertThat(TestGpu.await(made).response().result()).isEqualTo(GpuResult.OK_NODATA);
    }

    @Test
    void whatChangesAResourceWaitsUntilItsRegistrationIsAnswered() {
        gpu.resource(1, 4, 4);
        gpu.resource(2, 4, 4);
        CompletableFuture<GpuReply> assign = gpu.submit(new GpuCommand.ResourceAssignUuid(1));
        CompletableFuture<GpuReply> unref = gpu.submit(new GpuCommand.ResourceUnref(1));
        CompletableFuture<GpuReply> behind = gpu.submit(new GpuCommand.ResourceAssignUuid(2));
        await().until(() -> !directory.publications.isEmpty());
        assertThat(directory.withdrawn).isEmpty();

        directory.publications.getFirst().complete(null);

        assertThat(TestGpu.await(assign).response()).isInstanceOf(GpuResponse.OkResourceUuid.class);
        assertThat(TestGpu.await(unref).response().result()).isEqualTo(GpuResult.OK_NODATA);
        await().until(() -> directory.publications.size() == 2);
        assertThat(directory.withdrawn).containsExactly(directory.published.getFirst());
        directory.publications.getLast().complete(null);
        assertThat(TestGpu.await(behind).response()).isInstanceOf(GpuResponse.OkResourceUuid.class);
    }

    @Test
    void aResetEndsAllThatWereBegun() {
        for (int id = 1; id <= 3; id++) {
            gpu.resource(id, 4, 4);
        }
        List<CompletableFuture<GpuReply>> all = assignAll(3);
        await().until(() -> directory.publications.size() == 3);

        gpu.device.reset();

        assertThat(directory.withdrawn).containsExactlyInAnyOrderElementsOf(directory.published);
        assertThat(all).noneMatch(CompletableFuture::isDone);
        assertThat(gpu.device.pending()).isZero();
    }

    @Test
    void anObjectThatCannotBeFoundIsAnErrorAndTheNextAttemptHasAUuidOfItsOwn() {
        gpu.resource(1, 4, 4);
        CompletableFuture<GpuReply> first = gpu.submit(new GpuCommand.ResourceAssignUuid(1));
        await().until(() -> directory.publications.size() == 1);
        directory.publications.getFirst().completeExceptionally(new ErrnoException(Errno.ETIMEDOUT, "too late"));

        assertThat(TestGpu.await(first).response().result()).isEqualTo(GpuResult.ERR_UNSPEC);
        UUID lost = directory.published.getFirst();
        assertThat(objects.find(TestGpu.GUEST, lost)).isEmpty();
        assertThat(directory.withdrawn).containsExactly(lost);

        CompletableFuture<GpuReply> second = gpu.submit(new GpuCommand.ResourceAssignUuid(1));
        await().until(() -> directory.publications.size() == 2);
        directory.publications.getLast().complete(null);
        assertThat(TestGpu.await(second).response())
                .isInstanceOfSatisfying(
                        GpuResponse.OkResourceUuid.class,
                        answer -> assertThat(answer.uuid()).isNotEqualTo(lost));
    }

    @Test
    void aBlobsAnswerWaitsToo() {
        gpu.ok(new GpuCommand.ResourceCreateBlob(
                7,
                BlobMem.GUEST,
                BlobMem.FLAG_USE_CROSS_DEVICE,
                0,
                4096,
                List.of(new MemEntry(TestGpu.MEMORY_ADDRESS, 4096))));
        CompletableFuture<GpuReply> refused = gpu.submit(new GpuCommand.ResourceAssignUuid(7));
        await().until(() -> directory.publications.size() == 1);
        assertThat(refused).isNotDone();
        directory.publications.getFirst().completeExceptionally(new ErrnoException(Errno.ETIMEDOUT, "too late"));
        assertThat(TestGpu.await(refused).response().result()).isEqualTo(GpuResult.ERR_UNSPEC);

        CompletableFuture<GpuReply> assigned = gpu.submit(new GpuCommand.ResourceAssignUuid(7));
        await().until(() -> directory.publications.size() == 2);
        directory.publications.getLast().complete(null);
        assertThat(TestGpu.await(assigned).response()).isInstanceOf(GpuResponse.OkResourceUuid.class);
    }

    @Test
    void aResetEndsTheWaitAndWithdraws() {
        gpu.resource(1, 4, 4);
        CompletableFuture<GpuReply> assign = gpu.submit(new GpuCommand.ResourceAssignUuid(1));
        await().until(() -> directory.publications.size() == 1);

        gpu.device.reset();

        assertThat(directory.withdrawn).contains(directory.published.getFirst());
        assertThat(assign).isNotDone();
        assertThat(gpu.code(new GpuCommand.ResourceAssignUuid(1))).isEqualTo(GpuResult.ERR_INVALID_RESOURCE_ID);
    }

    @Test
    void unrefWithdraws() {
        gpu.resource(1, 4, 4);
        CompletableFuture<GpuReply> assign = gpu.submit(new GpuCommand.ResourceAssignUuid(1));
        await().until(() -> directory.publications.size() == 1);
        directory.publications.getFirst().complete(null);
        var _ = TestGpu.await(assign);

        gpu.ok(new GpuCommand.ResourceUnref(1));

        assertThat(directory.withdrawn).containsExactly(directory.published.getFirst());
    }
}
