package dev.crossdev.guest.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.UuidRegistration;
import dev.crossdev.dmabuf.UuidRegistration.State;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.guest.Guest;
import dev.crossdev.guest.GuestDevices;
import dev.crossdev.guest.GuestTestBed;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimeline;
import dev.crossdev.guest.timeline.BufferTimes;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.timeline.RunClock;
import dev.crossdev.guest.timeline.WaitPlace;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreate2d;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class GpuDriverTest {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration TRANSIT = Duration.ofMillis(30);

    private final GuestTestBed bed = GuestTestBed.remote();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void unplug() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        bed.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = RegistrationStrategy.class,
            names = {"DEFERRED", "EAGER_DEFERRED", "UNSYNCHRONISED"})
    void exportNeverWaitsForTheDevice(RegistrationStrategy strategy) {
        bed.gpu.withholdUuids();
        GpuDriver gpu = plug(strategy, LONG);
        GpuBuffer buffer = allocate(gpu);
        VirtioDmaBuf exported = export(gpu, buffer);

        assertThat(exported.registration().state()).isInstanceOf(State.Initializing.class);
        BufferTimes times = buffer.timeline().times();
        assertThat(times.waits()).isEmpty();
        assertThat(times.inOrder(Moment.EXPORTED, Moment.ANSWER_HANDLED)).isTrue();
        await().until(() -> bed.gpu.commands(ResourceAssignUuid.class).size() == 1);
    }

    @ParameterizedTest
    @EnumSource(
            value = RegistrationStrategy.class,
            names = {"BLOCK_AT_ALLOCATION", "BLOCK_AT_EXPORT"})
    void aBlockingStrategyReturnsAfterTheAnswer(RegistrationStrategy strategy) {
        bed.gpu.settings().setTransit(TRANSIT);
        GpuDriver gpu = plug(strategy, LONG);
        GpuBuffer buffer = allocate(gpu);
        export(gpu, buffer);

        WaitPlace place = strategy.waitsIn().orElseThrow();
        Moment call = place == WaitPlace.ALLOCATION ? Moment.ALLOCATED : Moment.EXPORTED;
        BufferTimes times = buffer.timeline().times();
        assertThat(times.inOrder(Moment.ANSWER_HANDLED, call)).isTrue();
        assertThat(times.roundTripNanos().orElseThrow()).isGreaterThanOrEqualTo(2 * TRANSIT.toNanos());
        assertThat(times.blockedNanos()).isEqualTo(times.blockedNanos(place));
        assertThat(times.blockedNanos()).isGreaterThan(TRANSIT.toNanos());
        assertThat(times.hiddenNanos().orElseThrow()).isLessThan(TRANSIT.toNanos());
    }

    @Test
    void noImporterSeesAUuidBeforeTheDeviceHasAnswered() throws Exception {
        bed.gpu.withholdUuids();
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        GpuBuffer buffer = allocate(gpu);
        VirtioDmaBuf exported = export(gpu, buffer);
        CompletableFuture<UUID> asked = new CompletableFuture<>();
        Thread.startVirtualThread(() -> asked.complete(gpu.uuidOf(exported)));
        await().until(() -> exported.registration().waiters() == 1);
        await().until(() -> bed.gpu.uuidOf(buffer.resourceId()).isPresent());

        assertThat(asked).isNotDone();
        bed.gpu.releaseUuids();
        assertThat(asked.get(10, TimeUnit.SECONDS))
                .isEqualTo(bed.gpu.uuidOf(buffer.resourceId()).orElseThrow());
        await().until(() ->
                buffer.timeline().times().at(Moment.GET_UUID_RETURNED).isPresent());
        BufferTimes times = buffer.timeline().times();
        assertThat(times.inOrder(Moment.ANSWER_HANDLED, Moment.GET_UUID_RETURNED))
                .isTrue();
        assertThat(times.blockedNanos(WaitPlace.GET_UUID)).isPositive();
    }

    @Test
    void theUnsynchronisedStrategyHandsOutZeroBytesAndLaterTheUuid() {
        bed.gpu.withholdUuids();
        GpuDriver gpu = plug(RegistrationStrategy.UNSYNCHRONISED, LONG);
        GpuBuffer buffer = allocate(gpu);
        VirtioDmaBuf exported = export(gpu, buffer);

        assertThat(gpu.uuidOf(exported)).isEqualTo(UuidRegistration.NIL);
        bed.gpu.releaseUuids();
        await().until(() -> !gpu.uuidOf(exported).equals(UuidRegistration.NIL));
        assertThat(gpu.uuidOf(exported))
                .isEqualTo(bed.gpu.uuidOf(buffer.resourceId()).orElseThrow());
        BufferTimes times = buffer.timeline().times();
        assertThat(times.inOrder(Moment.GET_UUID_CALLED, Moment.ANSWER_HANDLED)).isTrue();
        assertThat(times.waits()).isEmpty();
    }

    @Test
    void getUuidAfterTheAnswerDoesNotWait() {
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        GpuBuffer buffer = allocate(gpu);
        VirtioDmaBuf exported = export(gpu, buffer);
        await().until(() -> exported.registration().state() instanceof State.Ok);
        gpu.uuidOf(exported);

        assertThat(buffer.timeline().times().waits()).isEmpty();
        assertThat(buffer.timeline().times().hiddenNanos())
                .isEqualTo(buffer.timeline().times().roundTripNanos());
    }

    @ParameterizedTest
    @EnumSource
    void oneObjectExportedTwiceIsOneDmaBufAndAsksOnce(RegistrationStrategy strategy) {
        GpuDriver gpu = plug(strategy, LONG);
        GpuBuffer buffer = allocate(gpu);
        VirtioDmaBuf first = export(gpu, buffer);
        DmaBuf second = gpu.export(buffer);

        assertThat(second).isSameAs(first);
        assertThat(first.references()).isEqualTo(2);
        await().until(() -> first.registration().state() instanceof State.Ok);
        assertThat(bed.gpu.commands(ResourceAssignUuid.class)).hasSize(1);
        assertThat(gpu.uuidsAsked()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void withoutTheFeatureExportSucceedsAndGetUuidSaysNoDevice(RegistrationStrategy strategy) {
        bed.gpu.setFeatures(Features.NONE);
        GpuDriver gpu = plug(strategy, LONG);
        VirtioDmaBuf exported = export(gpu, allocate(gpu));

        assertThatThrownBy(() -> exported.getUuid(LONG))
                .isInstanceOf(RegistrationFailedException.class)
                .hasMessageContaining("RESOURCE_UUID");
        await().until(() -> bed.gpu.commands(ResourceCreate2d.class).size() == 1);
        assertThat(bed.gpu.commands(ResourceAssignUuid.class)).isEmpty();
        assertThat(gpu.uuidsAsked()).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = GpuResult.class,
            names = {
                "ERR_UNSPEC",
                "ERR_OUT_OF_MEMORY",
                "ERR_INVALID_SCANOUT_ID",
                "ERR_INVALID_RESOURCE_ID",
                "ERR_INVALID_CONTEXT_ID",
                "ERR_INVALID_PARAMETER"
            })
    void anErrorAnswerIsNoDeviceForEveryWaiter(GpuResult result) throws Exception {
        bed.gpu.settings().setTransit(TRANSIT);
        bed.gpu.setScript(command ->
                command instanceof ResourceAssignUuid ? Optional.of(new GpuResponse.Err(result)) : Optional.empty());
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        VirtioDmaBuf exported = export(gpu, allocate(gpu));

        assertThat(failures(gpu, exported, 20))
                .hasSize(20)
                .allSatisfy(error -> assertThat(error)
                        .isInstanceOf(RegistrationFailedException.class)
                        .hasMessageContaining(result.wireName()));
    }

    @Test
    void aBlockingStrategySurvivesAnErrorAnswerAndLeavesItToTheImporter() {
        bed.gpu.setScript(command -> command instanceof ResourceAssignUuid
                ? Optional.of(new GpuResponse.Err(GpuResult.ERR_UNSPEC))
                : Optional.empty());
        GpuDriver gpu = plug(RegistrationStrategy.BLOCK_AT_ALLOCATION, LONG);
        VirtioDmaBuf exported = export(gpu, allocate(gpu));

        assertThatThrownBy(() -> gpu.uuidOf(exported)).isInstanceOf(RegistrationFailedException.class);
    }

    @Test
    void everyWaiterEndsWhenTheConnectionIsLost() throws Exception {
        bed.gpu.withholdUuids();
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        VirtioDmaBuf exported = export(gpu, allocate(gpu));
        CompletableFuture<List<ErrnoException>> failures =
                CompletableFuture.supplyAsync(() -> failures(gpu, exported, 50));
        await().until(() -> exported.registration().waiters() == 50);
        bed.gpu.kill();

        assertThat(failures.get(10, TimeUnit.SECONDS))
                .hasSize(50)
                .allSatisfy(error -> assertThat(error)
                        .isInstanceOf(DeviceGoneException.class)
                        .hasMessageContaining("gpu-service (127.0.0.1:"));
    }

    @Test
    void everyWaiterEndsWhenTheDeviceIsReset() throws Exception {
        bed.gpu.withholdUuids();
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        VirtioDmaBuf exported = export(gpu, allocate(gpu));
        CompletableFuture<List<ErrnoException>> failures =
                CompletableFuture.supplyAsync(() -> failures(gpu, exported, 50));
        await().until(() -> exported.registration().waiters() == 50);
        bed.gpu.reset();

        assertThat(failures.get(10, TimeUnit.SECONDS))
                .hasSize(50)
                .allSatisfy(error -> assertThat(error)
                        .isInstanceOf(DeviceGoneException.class)
                        .hasMessageContaining("reset"));
    }

    @Test
    void aBlockedAllocationEndsWhenTheDeviceIsUnplugged() {
        bed.gpu.withholdUuids();
        GpuDriver gpu = plug(RegistrationStrategy.BLOCK_AT_ALLOCATION, LONG);
        CompletableFuture<GpuBuffer> allocation = CompletableFuture.supplyAsync(() -> allocate(gpu));
        await().until(() -> bed.gpu.commands(ResourceAssignUuid.class).size() == 1);
        bed.gpu.unplug();

        assertThatThrownBy(() -> allocation.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(DeviceGoneException.class);
    }

    @Test
    void aWaitersDeadlineIsItsOwn() throws Exception {
        bed.gpu.withholdUuids();
        GpuDriver hasty = plug(RegistrationStrategy.DEFERRED, Duration.ofSeconds(2));
        GpuBuffer buffer = allocate(hasty);
        VirtioDmaBuf exported = export(hasty, buffer);
        CompletableFuture<UUID> patient = new CompletableFuture<>();
        Thread.startVirtualThread(() -> patient.complete(exported.getUuid(LONG)));

        assertThatThrownBy(() -> hasty.uuidOf(exported))
                .isInstanceOfSatisfying(
                        ErrnoException.class, error -> assertThat(error.errno()).isEqualTo(Errno.ETIMEDOUT));
        assertThat(patient).isNotDone();
        bed.gpu.releaseUuids();
        assertThat(patient.get(10, TimeUnit.SECONDS))
                .isEqualTo(bed.gpu.uuidOf(buffer.resourceId()).orElseThrow());
    }

    @Test
    void anInterruptedWaiterEndsAndStaysInterrupted() throws Exception {
        bed.gpu.withholdUuids();
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        VirtioDmaBuf exported = export(gpu, allocate(gpu));
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        Thread waiter = Thread.ofPlatform().start(() -> {
            try {
                gpu.uuidOf(exported);
                flag.complete(false);
            } catch (ErrnoException e) {
                flag.complete(e.errno() == Errno.EINTR && Thread.currentThread().isInterrupted());
            }
        });
        await().until(() -> exported.registration().waiters() == 1);
        waiter.interrupt();

        assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anExportAfterTheDeviceHasGoneFailsItsRegistrationAndNothingElse() {
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        GpuBuffer buffer = allocate(gpu);
        gpu.uuidOf(export(gpu, allocate(gpu))); // Answers come in order: the first buffer's have come as well.
        bed.gpu.kill();
        await().until(() -> gpu.gone().isDone());
        VirtioDmaBuf exported = export(gpu, buffer);
        assertThatThrownBy(() -> gpu.uuidOf(exported)).isInstanceOf(DeviceGoneException.class);

        GpuBuffer late = allocate(gpu);
        assertThat(late.failure()).containsInstanceOf(DeviceGoneException.class);
    }

    @Test
    void aResourceThatTheDeviceWouldNotMakeFailsItsBuffer() {
        bed.gpu.setScript(command -> command instanceof ResourceCreate2d
                ? Optional.of(new GpuResponse.Err(GpuResult.ERR_OUT_OF_MEMORY))
                : Optional.empty());
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        GpuBuffer buffer = allocate(gpu);
        await().until(() -> buffer.failure().isPresent());

        assertThatThrownBy(() -> gpu.export(buffer))
                .isInstanceOfSatisfying(
                        ErrnoException.class, error -> assertThat(error.errno()).isEqualTo(Errno.ENOMEM))
                .hasMessageContaining("RESOURCE_CREATE_2D");
    }

    @Test
    void aSecondAnswerIsCountedAndTheFirstStays() {
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        GpuBuffer buffer = allocate(gpu);
        await().until(() -> bed.gpu.commands(ResourceCreate2d.class).size() == 1);
        bed.gpu.settings().setAnswerTimes(2);
        VirtioDmaBuf exported = export(gpu, buffer);
        UUID uuid = gpu.uuidOf(exported);

        await().until(() -> bed.violations.count(Violations.Kind.REPEATED_ANSWER) >= 1);
        assertThat(exported.registration().state()).isEqualTo(new State.Ok(uuid));
    }

    @Test
    void timesOfAnotherMachinesClockAreMarked() {
        bed.gpu.settings().setTransit(TRANSIT);
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        GpuBuffer here = allocate(gpu);
        gpu.uuidOf(export(gpu, here));
        bed.gpu.settings().setBootId(BootId.UNKNOWN);
        GpuBuffer elsewhere = allocate(gpu);
        gpu.uuidOf(export(gpu, elsewhere));

        assertThat(here.timeline().times().deviceTimesEstimated()).isFalse();
        assertThat(elsewhere.timeline().times().deviceTimesEstimated()).isTrue();
        for (GpuBuffer buffer : List.of(here, elsewhere)) {
            BufferTimes times = buffer.timeline().times();
            assertThat(times.at(Moment.DEVICE_RECEIVED).orElseThrow())
                    .isBetween(
                            times.at(Moment.REGISTRATION_SENT).orElseThrow(),
                            times.at(Moment.DEVICE_ANSWERED).orElseThrow());
            assertThat(times.inOrder(Moment.DEVICE_ANSWERED, Moment.ANSWER_HANDLED))
                    .isTrue();
        }
    }

    @Test
    void aBufferGoesWhenItsOwnerAndItsDmaBufHaveBothLetGo() {
        Guest guest = bed.guest(LONG);
        GpuDriver gpu = plug(guest, RegistrationStrategy.DEFERRED);
        long free = guest.memory().freeBytes();
        GpuBuffer buffer = allocate(gpu);
        DmaBuf exported = gpu.export(buffer);
        gpu.uuidOf(VirtioDmaBuf.upcast(exported).orElseThrow());
        gpu.free(buffer);
        assertThat(bed.gpu.commands(ResourceUnref.class)).isEmpty();

        exported.put();
        await().until(() -> bed.gpu.commands(ResourceUnref.class).size() == 1);
        await().until(() -> guest.memory().freeBytes() == free);
        assertThat(guest.dmaBufs().size()).isZero();
    }

    @Test
    void closingTheDriverGivesBackThePagesOfBuffersThatNobodyFreed() {
        Guest guest = bed.guest(LONG);
        long free = guest.memory().freeBytes();
        GuestDevices devices = guest.plug(RegistrationStrategy.DEFERRED);
        allocate(devices.gpu());
        assertThat(guest.memory().freeBytes()).isLessThan(free);
        devices.close();

        assertThat(guest.memory().freeBytes()).isEqualTo(free);
    }

    @Test
    void aGuestWithoutPagesSaysSo() {
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);

        assertThatThrownBy(() -> gpu.allocate(8_192, 4_096, timeline()))
                .isInstanceOfSatisfying(
                        ErrnoException.class, error -> assertThat(error.errno()).isEqualTo(Errno.ENOMEM));
    }

    @Test
    void exportsTakeNoLongerWhenTheDeviceIsSlow() {
        bed.gpu.settings().setTransit(Duration.ofSeconds(1));
        GpuDriver gpu = plug(RegistrationStrategy.DEFERRED, LONG);
        List<VirtioDmaBuf> exported = IntStream.range(0, 500)
                .mapToObj(_ -> export(gpu, gpu.allocate(16, 16, timeline())))
                .toList();

        // None can have been answered: were one waited for, the first answer would have come.
        assertThat(exported)
                .allSatisfy(each -> assertThat(each.registration().state()).isInstanceOf(State.Initializing.class));
        assertThat(exported.getLast().getUuid(LONG).version()).isEqualTo(4);
        assertThat(exported)
                .extracting(each -> each.getUuid(LONG))
                .doesNotHaveDuplicates()
                .doesNotContain(UuidRegistration.NIL);
    }

    private List<ErrnoException> failures(GpuDriver gpu, VirtioDmaBuf exported, int waiters) {
        List<ErrnoException> failures = new ArrayList<>();
        CountDownLatch done = new CountDownLatch(waiters);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < waiters; i++) {
                threads.execute(() -> {
                    try {
                        gpu.uuidOf(exported);
                    } catch (ErrnoException e) {
                        synchronized (failures) {
                            failures.add(e);
                        }
                    } finally {
                        done.countDown();
                    }
                });
            }
        }
        assertThat(done.getCount()).isZero();
        return failures;
    }

    private GpuDriver plug(RegistrationStrategy strategy, Duration patience) {
        return plug(bed.guest(patience), strategy);
    }

    private GpuDriver plug(Guest guest, RegistrationStrategy strategy) {
        GuestDevices devices = guest.plug(strategy);
        open.add(devices);
        return devices.gpu();
    }

    private static GpuBuffer allocate(GpuDriver gpu) {
        return gpu.allocate(64, 48, timeline());
    }

    private static BufferTimeline timeline() {
        return new BufferTimeline(0, new RunClock());
    }

    private static VirtioDmaBuf export(GpuDriver gpu, GpuBuffer buffer) {
        return VirtioDmaBuf.upcast(gpu.export(buffer)).orElseThrow();
    }
}
