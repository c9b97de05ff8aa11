package dev.crossdev.dmabuf;

import static dev.crossdev.dmabuf.UuidRegistrationTest.assertErrno;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.bufinfo.RegistrationInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VirtioDmaBufTest {
    private static final UUID UUID_OF_DEVICE = UUID.fromString("6d0f7a10-93c5-4f2e-8d0e-5a1a6b1c2d3e");
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Importer VIDEO = () -> "virtio-video";

    private final ViolationCounter violations = new ViolationCounter();
    private final DmaBufList list = new DmaBufList(violations);
    private final UuidRegistration registration = UuidRegistration.pending(violations);

    @Test
    void upcastTellsAVirtioBufferFromAPlainOneWithoutSideEffects() {
        VirtioDmaBuf virtio = export(new VirtioOps(registration));
        DmaBuf plain = DmaBuf.export(new ExportInfo<>(list, "heap", 4096, new DmaBufTest.RecordingOps()));

        assertThat(VirtioDmaBuf.upcast(virtio)).containsSame(virtio);
        assertThat(VirtioDmaBuf.upcast(plain)).isEmpty();
        assertThat(virtio.references()).isOne();
        assertThat(plain.references()).isOne();
        assertThat(registration.waiters()).isZero();
    }

    @Test
    void buffersOfDifferentOperationsAreAllVirtio() {
        DmaBuf one = export(new VirtioOps(registration));
        DmaBuf two = export(new VirtioOps(registration) {
            @Override
            public void deviceAttach(VirtioDmaBuf buffer, Attachment attachment) {
                throw new ErrnoException(Errno.EBUSY, "busy");
            }
        });

        assertThat(VirtioDmaBuf.upcast(one)).isPresent();
        assertThat(VirtioDmaBuf.upcast(two)).isPresent();
    }

    @Test
    void exportNeverWaitsForTheDevice() {
        List<VirtioDmaBuf> buffers = new ArrayList<>();
        // The registration is never answered: an export that waited would never return.
        for (int i = 0; i < 1_000; i++) {
            buffers.add(export(new VirtioOps(registration)));
        }
        assertThat(buffers).allMatch(b -> b.registration().state() instanceof UuidRegistration.State.Initializing);
    }

    @Test
    void getUuidNeedsNoAttachment() {
        VirtioDmaBuf buffer = export(new VirtioOps(UuidRegistration.settled(UUID_OF_DEVICE)));

        assertThat(buffer.getUuid(Duration.ZERO)).isEqualTo(UUID_OF_DEVICE);
        assertThat(VirtioDmaBuf.uuidOf(buffer, Duration.ZERO)).isEqualTo(UUID_OF_DEVICE);
        assertThat(buffer.attachments()).isEmpty();
    }

    @Test
    void getUuidOfAPlainBufferIsEinval() {
        DmaBuf plain = DmaBuf.export(new ExportInfo<>(list, "heap", 4096, new DmaBufTest.RecordingOps()));

        assertErrno(Errno.EINVAL, () -> VirtioDmaBuf.uuidOf(plain, LONG));
    }

    @Test
    void allWaitersGetTheSameUuidWhenTheAnswerComes() throws Exception {
        VirtioDmaBuf buffer = export(new VirtioOps(registration));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<UUID>> all = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                all.add(threads.submit(() -> buffer.getUuid(LONG)));
            }
            org.awaitility.Awaitility.await().until(() -> registration.waiters() == 100);
            assertThat(all).noneMatch(Future::isDone);
            registration.complete(UUID_OF_DEVICE);
            for (Future<UUID> future : all) {
                assertThat(future.get()).isEqualTo(UUID_OF_DEVICE);
            }
        }
    }

    @Test
    void exportWithAFailedRegistrationSucceedsAndGetUuidIsEnodevAtOnce() {
        UuidRegistration refused = UuidRegistration.refused(new RegistrationFailedException("no RESOURCE_UUID"));
        VirtioDmaBuf buffer = export(new VirtioOps(refused));

        assertThatThrownBy(() -> buffer.getUuid(LONG)).isInstanceOf(RegistrationFailedException.class);
        assertErrno(Errno.ENODEV, () -> buffer.getUuid(Duration.ZERO));
    }

    @Test
    void exportWithoutARegistrationIsEinvalAndListsNothing() {
        assertErrno(
                Errno.EINVAL,
                () -> export(new VirtioOps(registration) {
                    @Override
                    @SuppressWarnings("NullAway") // What an exporter without NullAway could do.
                    public UuidRegistration registration() {
                        return null;
                    }
                }));
        assertThat(list.size()).isZero();
    }

    @Test
    void withoutADeviceAttachAttachSucceeds() {
        VirtioDmaBuf buffer = export(new VirtioOps(registration));

        Attachment attachment = buffer.attach(VIDEO);

        assertThat(buffer.attachments()).containsExactly(attachment);
        buffer.detach(attachment);
        assertThat(violations.total()).isZero();
    }

    @Test
    void aDeviceAttachIsAskedInPlaceOfAttachAndItsRefusalIsPassedOn() {
        ErrnoException refusal = new ErrnoException(Errno.EBUSY, "not this device");
        List<VirtioDmaBuf> asked = new ArrayList<>();
        VirtioOps ops = new VirtioOps(registration) {
            @Override
            public void deviceAttach(VirtioDmaBuf buffer, Attachment attachment) {
                asked.add(buffer);
                if (asked.size() > 1) {
                    throw refusal;
                }
            }
        };
        VirtioDmaBuf buffer = export(ops);
        Attachment attachment = buffer.attach(VIDEO);

        assertThat(asked).containsExactly(buffer);
        assertThat(ops.log).doesNotContain("attach");
        assertThatThrownBy(() -> buffer.attach(VIDEO)).isSameAs(refusal);
        assertThat(buffer.attachments()).containsExactly(attachment);
        assertThat(buffer.references()).isOne();
    }

    @Test
    void bufinfoShowsWhereTheRegistrationStands() {
        export(new VirtioOps(registration));
        registration.onSettled(_ -> {});

        RegistrationInfo before = registrationInfo();
        registration.complete(UUID_OF_DEVICE);
        RegistrationInfo after = registrationInfo();

        assertThat(before.state()).isEqualTo(RegistrationInfo.State.INITIALIZING);
        assertThat(before.uuid()).isEmpty();
        assertThat(before.settledAt()).isEmpty();
        assertThat(before.waiters()).isOne();
        assertThat(before.asked()).isOne();
        assertThat(after.state()).isEqualTo(RegistrationInfo.State.OK);
        assertThat(after.uuid()).contains(UUID_OF_DEVICE);
        assertThat(after.settledAt()).isPresent();
        assertThat(after.waiters()).isZero();
    }

    private RegistrationInfo registrationInfo() {
        return list.bufinfo().buffers().getFirst().registration().orElseThrow();
    }

    private VirtioDmaBuf export(VirtioDmaBufOps ops) {
        return VirtioDmaBuf.exportVirtio(new ExportInfo<>(list, "virtio-gpu", 4096, ops));
    }

    private static class VirtioOps extends DmaBufTest.RecordingOps implements VirtioDmaBufOps {
        private final UuidRegistration registration;

        VirtioOps(UuidRegistration registration) {
            this.registration = registration;
        }

        @Override
        public UuidRegistration registration() {
            return registration;
        }
    }
}
