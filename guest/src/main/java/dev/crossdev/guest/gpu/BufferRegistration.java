package dev.crossdev.guest.gpu;

import dev.crossdev.dmabuf.UuidRegistration;
import dev.crossdev.dmabuf.UuidRegistration.State;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.error.RegistrationFailedException;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.client.CompletionHandler;
import dev.crossdev.guest.driver.Answers;
import dev.crossdev.guest.strategy.Registration;
import dev.crossdev.guest.timeline.BufferTimeline;
import dev.crossdev.guest.timeline.Moment;
import dev.crossdev.guest.timeline.RegistrationTrace.Sent;
import dev.crossdev.guest.timeline.WaitPlace;
import dev.crossdev.virtio.TraceContext;
import dev.crossdev.virtio.gpu.GpuCommandType;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.GpuResponse.OkResourceUuid;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/** One buffer's RESOURCE_ASSIGN_UUID: sent at most once, answered at most once, noted in the buffer's timeline. */
final class BufferRegistration implements Registration, CompletionHandler<GpuReply> {

    private final UuidRegistration registration;
    private final BufferTimeline timeline;
    private final Answers answers;
    private final BiConsumer<TraceContext, CompletionHandler<GpuReply>> command;
    private final boolean supported;
    private final AtomicBoolean sent = new AtomicBoolean();
    private volatile Sent traced = Sent.NONE;

    /**
     * @param supported whether the device has the feature; without it nothing is ever sent
     * @param command sends RESOURCE_ASSIGN_UUID for the buffer
     */
    BufferRegistration(
            BufferTimeline timeline,
            Answers answers,
            Violations violations,
            boolean supported,
            BiConsumer<TraceContext, CompletionHandler<GpuReply>> command) {
        this.registration = UuidRegistration.pending(violations);
        this.timeline = timeline;
        this.answers = answers;
        this.supported = supported;
        this.command = command;
    }

    /** What the exported dma-buf is asked for its UUID through. */
    UuidRegistration uuidRegistration() {
        return registration;
    }

    /** Whether RESOURCE_ASSIGN_UUID was sent. */
    boolean wasSent() {
        return sent.get() && supported;
    }

    @Override
    public void send() {
        if (!sent.compareAndSet(false, true)) {
            return;
        }
        if (supported) {
            timeline.note(Moment.REGISTRATION_SENT);
            Sent under = timeline.trace().sends(GpuCommandType.RESOURCE_ASSIGN_UUID.name());
            traced = under;
            var _ = registration.submit(() -> command.accept(under.context(), this));
        } else {
            // As Linux: the export succeeds and get_uuid says ENODEV (virtgpu_prime.c).
            settle(() -> registration.fail(
                    new RegistrationFailedException(answers.service() + " does not offer RESOURCE_UUID")));
        }
    }

    @Override
    public void completed(Completion<GpuReply> completion) {
        timeline.noteDevice(completion.receivedNanos(), completion.answeredNanos(), !completion.sameClock());
        switch (completion.response().response()) {
            case OkResourceUuid(UUID uuid) -> {
                timeline.noteAnswer(uuid);
                traced.ended(null);
                registration.complete(uuid);
            }
            case GpuResponse other -> {
                RegistrationFailedException refusal =
                        new RegistrationFailedException(answers.service() + " answered RESOURCE_ASSIGN_UUID with "
                                + other.result().wireName());
                traced.ended(refusal);
                settle(() -> registration.fail(refusal));
            }
        }
    }

    @Override
    public void failed(ErrnoException error) {
        ErrnoException named = answers.named(error);
        traced.ended(named);
        settle(() -> {
            if (named instanceof DeviceGoneException gone) {
                registration.abandon(gone);
            } else {
                registration.fail(named);
            }
        });
    }

    @Override
    public void awaitAnswer(WaitPlace where) {
        if (registration.state() instanceof State.Initializing) {
            timeline.waiting(where, () -> {
                try {
                    return registration.await(patience());
                } catch (RegistrationFailedException _) {
                    return UuidRegistration.NIL; // An answer, and the importer's to see.
                }
            });
        }
        if (registration.state() instanceof State.Failed(DeviceGoneException gone)) {
            throw gone;
        }
    }

    @Override
    public UUID awaitUuid() {
        timeline.note(Moment.GET_UUID_CALLED);
        try {
            return registration.state() instanceof State.Initializing
                    ? timeline.waiting(WaitPlace.GET_UUID, () -> registration.await(patience()))
                    : registration.await(Duration.ZERO);
        } finally {
            timeline.note(Moment.GET_UUID_RETURNED);
        }
    }

    @Override
    public UUID fieldAsItStands() {
        return timeline.readField();
    }

    private Duration patience() {
        return answers.patience();
    }

    private void settle(Runnable end) {
        timeline.noteAnswer(null);
        end.run();
    }
}
