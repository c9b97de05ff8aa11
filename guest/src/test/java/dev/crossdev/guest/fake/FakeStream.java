package dev.crossdev.guest.fake;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.grpc.dialect.DeviceNotice;
import dev.crossdev.grpc.dialect.Inbound;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.Reply;
import dev.crossdev.grpc.dialect.StreamDialect;
import dev.crossdev.grpc.dialect.StreamOpened;
import dev.crossdev.grpc.dialect.Times;
import dev.crossdev.grpc.status.HostedElsewhereException;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.virtio.TraceContext;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** One device's end of a typed stream. All of it runs on the service's one thread. */
final class FakeStream<C, R, E, Q, A> implements StreamObserver<Q> {

    /** What stands behind the stream. */
    interface Backend<C, R, E> {

        StreamOpened opened(OpenStream open);

        void memoryWritten(long address, byte[] data);

        /** Executes a command; answers now, later, or never. */
        void execute(C command, Answer<R> answer);
    }

    /** Takes the answer to a command. */
    @FunctionalInterface
    interface Answer<R> {
        void is(R response);
    }

    private final ScheduledExecutorService thread;
    private final FakeSettings settings;
    private final StreamDialect<C, R, E, Q, A> dialect;
    private final Backend<C, R, E> backend;
    private final StreamObserver<A> out;
    private boolean over;

    FakeStream(
            ScheduledExecutorService thread,
            FakeSettings settings,
            StreamDialect<C, R, E, Q, A> dialect,
            Backend<C, R, E> backend,
            StreamObserver<A> out) {
        this.thread = thread;
        this.settings = settings;
        this.dialect = dialect;
        this.backend = backend;
        this.out = out;
    }

    @Override
    public void onNext(Q message) {
        Inbound<C, R, A> inbound = dialect.decode(message);
        // What is no command is as fast as can be: only commands cross the bus.
        if (inbound instanceof Inbound.Open<C, R, A>(OpenStream open)) {
            thread.execute(() -> settings.hostedAt()
                    .ifPresentOrElse(this::refuse, () -> write(dialect.opened(backend.opened(open)))));
        } else {
            after(() -> take(inbound));
        }
    }

    @Override
    public void onError(Throwable failure) {
        thread.execute(() -> over = true);
    }

    @Override
    public void onCompleted() {
        thread.execute(() -> {
            if (!over) {
                over = true;
                out.onCompleted();
            }
        });
    }

    void event(E event) {
        after(() -> dialect.event(event).ifPresent(this::write));
    }

    void reset(long epoch) {
        thread.execute(() -> write(dialect.notice(new DeviceNotice.Reset(epoch))));
    }

    void unplug(String reason) {
        thread.execute(() -> {
            over = true;
            out.onError(Statuses.toException(new DeviceGoneException(reason)));
        });
    }

    private void refuse(String instance) {
        over = true;
        out.onError(Statuses.toException(new HostedElsewhereException("the device is elsewhere", instance)));
    }

    private void take(Inbound<C, R, A> inbound) {
        switch (inbound) {
            case Inbound.Command<C, R, A>(long _, C command, Reply<R, A> reply, TraceContext _) -> {
                long received = System.nanoTime();
                backend.execute(command, response -> {
                    Times times = new Times(received, System.nanoTime(), settings.bootId());
                    for (int i = 0; i < settings.answerTimes(); i++) {
                        after(() -> write(reply.message(response, times)));
                    }
                });
            }
            case Inbound.MemoryWrite<C, R, A>(long address, var data) ->
                backend.memoryWritten(address, data.toByteArray());
            default -> throw new IllegalStateException("not in these tests: " + inbound);
        }
    }

    private void after(Runnable action) {
        var _ = thread.schedule(action, settings.transitNanos(), TimeUnit.NANOSECONDS);
    }

    private void write(A message) {
        if (!over) {
            out.onNext(message);
        }
    }
}
