package dev.crossdev.guest.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.DmaBufOps;
import dev.crossdev.dmabuf.ExportInfo;
import dev.crossdev.dmabuf.UuidRegistration;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.VirtioDmaBufOps;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.guest.Guest;
import dev.crossdev.guest.GuestDevices;
import dev.crossdev.guest.GuestTestBed;
import dev.crossdev.guest.driver.CommandRefusedException;
import dev.crossdev.guest.gpu.GpuBuffer;
import dev.crossdev.guest.memory.GuestPages;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.guest.timeline.BufferTimeline;
import dev.crossdev.guest.timeline.RegistrationTrace;
import dev.crossdev.guest.timeline.RunClock;
import dev.crossdev.guest.video.DecoderStream.Import;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class VideoDriverTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    static Path folder;

    private GuestTestBed bed = GuestTestBed.remote();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<VideoEventType> events = new CopyOnWriteArrayList<>();

    @AfterEach
    void unplug() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
        bed.close();
    }

    @Test
    void aPlainDmaBufIsRefusedAndNothingIsSent() {
        Guest guest = bed.guest(LONG);
        VideoDriver video = plug(guest).openVideo();
        DecoderStream stream = stream(video);
        DmaBuf plain = DmaBuf.export(new ExportInfo<>(guest.dmaBufs(), "camera", 4096, new NoMemory()));

        assertThatThrownBy(() -> stream.importOutput(1, plain, RegistrationTrace.NONE))
                .isInstanceOfSatisfying(
                        ErrnoException.class, error -> assertThat(error.errno()).isEqualTo(Errno.EINVAL));
        video.queryCapability(QueueType.INPUT); // Commands are taken in order: nothing came before this one.
        assertThat(bed.video.commands(ResourceCreate.class)).isEmpty();
        assertThat(plain.attachments()).isEmpty();
        plain.put();
    }

    @Test
    void anImportNamesTheObjectByTheUuidThatTheGpuGave() throws Exception {
        GuestDevices devices = plug(bed.guest(LONG));
        VideoDriver video = devices.openVideo();
        DecoderStream stream = stream(video);
        GpuBuffer buffer = devices.gpu().allocate(64, 48, new BufferTimeline(0, new RunClock()));
        DmaBuf exported = devices.gpu().export(buffer);
        Import started = stream.importOutput(7, exported, RegistrationTrace.NONE);
        started.answer().get(10, TimeUnit.SECONDS);

        UUID uuid = bed.gpu.uuidOf(buffer.resourceId()).orElseThrow();
        assertThat(started.uuid()).isEqualTo(uuid);
        ResourceCreate sent = bed.video.commands(ResourceCreate.class).getFirst();
        assertThat(sent.queueType()).isEqualTo(QueueType.OUTPUT);
        assertThat(sent.resourceId()).isEqualTo(7);
        assertThat(sent.planes().getFirst().getFirst().asUuid()).isEqualTo(uuid);
        assertThat(video.importsAsked()).isEqualTo(1);
        assertThat(exported.attachments()).hasSize(1);
        stream.destroy();
        assertThat(exported.attachments()).isEmpty();
        exported.put();
    }

    @Test
    void anotherExportersBufferIsAskedForItsOwnUuid() throws Exception {
        Guest guest = bed.guest(LONG);
        DecoderStream stream = stream(plug(guest).openVideo());
        UUID uuid = UUID.randomUUID();
        DmaBuf foreign = VirtioDmaBuf.exportVirtio(
                new ExportInfo<>(guest.dmaBufs(), "other", 4096, new Foreign(UuidRegistration.settled(uuid))));

        Import started = stream.importOutput(1, foreign, RegistrationTrace.NONE);
        assertThat(started.uuid()).isEqualTo(uuid);
        assertThat(started.answer())
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseInstanceOf(CommandRefusedException.class)
                .withMessageContaining("VIRTIO_VIDEO_RESP_ERR_INVALID_OPERATION");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theDeviceReadsWhatTheGuestWroteBeforeTheCommand(boolean shared) throws Exception {
        if (shared) {
            bed.close();
            bed = GuestTestBed.sharing(folder);
        }
        Guest guest = bed.guest(LONG);
        assertThat(guest.videoLink().sharesMemory()).isEqualTo(shared);
        VideoDriver video = plug(guest).openVideo();
        DecoderStream stream = stream(video);
        GuestPages pages = video.allocate(400_000);
        stream.createInput(1, pages).get(10, TimeUnit.SECONDS);
        byte[] unit = new byte[300_001]; // More than one memory write.
        for (int round = 1; round <= 3; round++) {
            Arrays.fill(unit, (byte) round);
            video.write(pages, MemorySegment.ofArray(unit));
            stream.queueInput(1, round, unit.length).get(10, TimeUnit.SECONDS);
            assertThat(bed.video.accessUnits()).last().isEqualTo(unit);
        }
    }

    @Test
    void eventsReachTheirStreamAndStrangeOnesAreCounted() {
        VideoDriver video = plug(bed.guest(LONG)).openVideo();
        stream(video);
        bed.video.event(new VideoEvent(VideoEventType.ERROR, 99));
        bed.video.event(new VideoEvent(VideoEventType.DECODER_RESOLUTION_CHANGED, 1));

        await().until(() -> events.equals(List.of(VideoEventType.DECODER_RESOLUTION_CHANGED)));
        assertThat(bed.violations.count(Violations.Kind.UNKNOWN_OBJECT)).isEqualTo(1);
    }

    @Test
    void anAnswerOfTheWrongKindIsAProtocolError() {
        bed.video.setScript(_ -> Optional.of(new VideoResponse.OkGetControl(1)));
        VideoDriver video = plug(bed.guest(LONG)).openVideo();

        assertThatThrownBy(() -> video.queryCapability(QueueType.INPUT))
                .isInstanceOfSatisfying(
                        ErrnoException.class, error -> assertThat(error.errno()).isEqualTo(Errno.EPROTO));
    }

    @Test
    void anErrorAnswerNamesServiceCommandAndCode() {
        bed.video.setScript(_ -> Optional.of(new VideoResponse.Err(VideoResult.ERR_OUT_OF_MEMORY)));
        VideoDriver video = plug(bed.guest(LONG)).openVideo();

        assertThatThrownBy(() -> stream(video))
                .isInstanceOfSatisfying(
                        CommandRefusedException.class,
                        error -> assertThat(error.errno()).isEqualTo(Errno.ENOMEM))
                .hasMessageContainingAll("video-service", "STREAM_CREATE", "OUT_OF_MEMORY");
    }

    @Test
    void openingADeviceOfAServiceThatHasGoneNamesIt() {
        GuestDevices devices = plug(bed.guest(LONG));
        bed.video.kill();

        assertThatThrownBy(devices::openVideo)
                .isInstanceOf(DeviceGoneException.class)
                .hasMessageContaining("video-service");
    }

    private GuestDevices plug(Guest guest) {
        GuestDevices devices = guest.plug(RegistrationStrategy.DEFERRED);
        open.add(devices);
        return devices;
    }

    private DecoderStream stream(VideoDriver video) {
        return video.createStream(VideoFormat.H264, "test", events::add);
    }

    private static class NoMemory implements DmaBufOps {
        @Override
        public MemorySegment map(DmaBuf buffer, Attachment attachment) {
            return MemorySegment.NULL;
        }

        @Override
        public void unmap(DmaBuf buffer, Attachment attachment, MemorySegment mapping) {}

        @Override
        public void release(DmaBuf buffer) {}
    }

    private static final class Foreign extends NoMemory implements VirtioDmaBufOps {
        private final UuidRegistration registration;

        Foreign(UuidRegistration registration) {
            this.registration = registration;
        }

        @Override
        public UuidRegistration registration() {
            return registration;
        }
    }
}
