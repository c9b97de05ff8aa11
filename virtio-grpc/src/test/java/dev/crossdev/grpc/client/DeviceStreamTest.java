package dev.crossdev.grpc.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.dialect.DeviceNotice;
import dev.crossdev.grpc.dialect.Inbound;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.gpu.v1.GpuCompletion;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeviceStreamTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final OpenStream OPEN = OpenStream.of("default", "vm0");

    private final RecordingListener listener = new RecordingListener();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    @Test
    void anOpenedStreamKnowsWhatTheDeviceSaid() {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(TestGpuServer.obedient()));

        assertThat(stream.opened().features()).isEqualTo(Conversation.FEATURES);
        assertThat(stream.opened().config().toStringUtf8()).isEqualTo("config space 16b");
        assertThat(stream.epoch()).isEqualTo(1);
    }

    @Test
    void anAnswerCarriesItsTimesInOrderAndOnOneClock() throws Exception {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(TestGpuServer.obedient()));

        Completion<GpuReply> completion = submit(stream, 1).get(20, TimeUnit.SECONDS);

        assertThat(completion.response().response()).isEqualTo(new GpuResponse.OkNodata());
        assertThat(completion.sameClock()).isTrue();
        assertThat(completion.receivedNanos() - completion.sentNanos()).isNotNegative();
        assertThat(completion.handledNanos() - completion.answeredNanos()).isNotNegative();
    }

    @Test
    void tenThousandCommandsArePipelinedAndAnsweredInOrder() throws Exception {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(TestGpuServer.obedient()));
        List<Long> handled = new CopyOnWriteArrayList<>();
        int commands = 10_000;
        CountDownLatch done = new CountDownLatch(commands);
        List<Long> order = new ArrayList<>();
        for (long i = 0; i < commands; i++) {
            long number = i;
            stream.submit(GpuRequest.of(new GpuCommand.ResourceUnref((int) i)), new CompletionHandler<>() {
                @Override
                public void completed(Completion<GpuReply> completion) {
                    order.add(number);
                    done.countDown();
                }

                @Override
                public void failed(ErrnoException error) {
                    handled.add(-number);
                }
            });
        }
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(handled).isEmpty();
        assertThat(order)
                .containsExactlyElementsOf(LongStream.range(0, commands).boxed().toList());
        assertThat(stream.pendingCommands()).isZero();
    }

    @Test
    void answersMayComeInAnyOrder() throws Exception {
        List<Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse>> kept = new CopyOnWriteArrayList<>();
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(script((with, command) -> {
            kept.add(command);
            if (kept.size() == 3) {
                for (int i : new int[] {2, 0, 1}) {
                    with.answer(kept.get(i));
                }
            }
        })));
        List<Integer> order = new CopyOnWriteArrayList<>();
        List<CompletableFuture<Void>> futures = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int number = i;
            futures.add(submit(stream, i).thenAccept(_ -> order.add(number)));
        }
        CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
        assertThat(order).containsExactly(2, 0, 1);
    }

    @Test
    void everyPendingCommandFailsWhenTheServerDies() throws Exception {
        TestGpuServer server = server(script((_, _) -> {}));
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server);
        List<CompletableFuture<Completion<GpuReply>>> futures = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            futures.add(submit(stream, i));
        }
        await().atMost(PATIENCE).until(() -> server.received.get() > 100);

        server.kill();

        for (CompletableFuture<Completion<GpuReply>> future : futures) {
            assertThat(failure(future)).isInstanceOf(DeviceGoneException.class);
        }
        assertThat(stream.closed().get(20, TimeUnit.SECONDS)).isInstanceOf(DeviceGoneException.class);
        await().atMost(PATIENCE).until(() -> listener.heard.contains("closed ENODEV"));
        assertThat(failure(submit(stream, 1))).isInstanceOf(DeviceGoneException.class);
        assertThatExceptionOfType(DeviceGoneException.class)
                .isThrownBy(() -> stream.writeMemory(0, ByteString.copyFromUtf8("x")));
        assertThat(failure(stream.readConfig(0, 0))).isInstanceOf(DeviceGoneException.class);
        assertThat(failure(stream.whenWritable())).isInstanceOf(DeviceGoneException.class);
    }

    @Test
    void aStatusThatEndsTheStreamIsItsReasonAndPendingCommandsAreGone() throws Exception {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(script((with, _) ->
                with.writer.fail(Statuses.toException(new ErrnoException(Errno.ENOBUFS, "you do not read"))))));

        Throwable failure = failure(submit(stream, 1));

        assertThat(failure).isInstanceOf(DeviceGoneException.class).hasMessageContaining("you do not read");
        assertThat(stream.closed().get(20, TimeUnit.SECONDS).errno()).isEqualTo(Errno.ENOBUFS);
    }

    @Test
    void oneCallbackThatThrowsDoesNotKeepOthersFromHearing() throws Exception {
        TestGpuServer server = server(script((_, _) -> {}));
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server);
        stream.submit(GpuRequest.of(new GpuCommand.GetDisplayInfo()), new CompletionHandler<>() {
            @Override
            public void completed(Completion<GpuReply> completion) {}

            @Override
            public void failed(ErrnoException error) {
                throw new IllegalStateException("a bug in a driver");
            }
        });
        CompletableFuture<Completion<GpuReply>> other = submit(stream, 1);

        server.kill();

        assertThat(failure(other)).isInstanceOf(DeviceGoneException.class);
    }

    @Test
    void aResetEndsWhatIsPendingAndTheStreamGoesOn() throws Exception {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(script((with, command) -> {
            if (command.command().command() instanceof GpuCommand.ResourceUnref(int id) && id == 1) {
                with.writer.offer(with.dialect.notice(new DeviceNotice.Reset(2)));
                // It was on its way when the device was reset, and is answered in the new epoch.
                with.answer(command);
            } else if (command.sequence() > 2) {
                with.answer(command);
            }
        })));

        CompletableFuture<Completion<GpuReply>> pending = submit(stream, 0);
        CompletableFuture<Completion<GpuReply>> resetting = submit(stream, 1);

        assertThat(failure(pending)).isInstanceOf(DeviceGoneException.class).hasMessageContaining("reset");
        assertThat(failure(resetting)).isInstanceOf(DeviceGoneException.class);
        assertThat(submit(stream, 5).get(20, TimeUnit.SECONDS)).isNotNull();
        assertThat(stream.epoch()).isEqualTo(2);
        assertThat(listener.heard).containsExactly("reset 2");
    }

    @Test
    void anUnpluggedDeviceEndsWhatIsPending() {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(script((with, _) -> {
            with.writer.offer(with.dialect.notice(new DeviceNotice.Unplugged("deleted by an operator")));
            with.writer.complete();
        })));

        assertThat(failure(submit(stream, 1)))
                .isInstanceOf(DeviceGoneException.class)
                .hasMessageContaining("deleted by an operator");
    }

    @Test
    void repeatedAndUnknownAnswersAreCountedAndIgnored() throws Exception {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(script((with, command) -> {
            with.answer(command);
            with.answer(command);
            with.answer(999);
            with.answer(0);
        })));

        Completion<GpuReply> first = submit(stream, 1).get(20, TimeUnit.SECONDS);

        assertThat(first.response().response()).isEqualTo(new GpuResponse.OkNodata());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(listener.heard)
                        .containsExactly(
                                "violation REPEATED_ANSWER", "violation UNKNOWN_OBJECT", "violation UNKNOWN_OBJECT"));
    }

    @Test
    void anAnswerThatMakesNoSenseFailsItsCommandAlone() throws Exception {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(script((with, command) -> {
            if (command.sequence() == 1) {
                with.writer.offer(CommandStreamResponse.newBuilder()
                        .setCompletion(GpuCompletion.newBuilder().setSequence(1).setResultValue(0x1105))
                        .build());
            } else {
                with.answer(command);
            }
        })));

        ErrnoException failure = (ErrnoException) failure(submit(stream, 1));

        assertThat(failure.errno()).isEqualTo(Errno.EPROTO);
        assertThat(submit(stream, 2).get(20, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void theDevicesWritesAreHeardBeforeTheAnswerThatReportsThem() throws Exception {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(script((with, command) -> {
            with.writer.offer(with.dialect.memoryWrite(64, ByteString.copyFromUtf8("pixels")));
            with.answer(command);
        })));

        List<String> heardByThen =
                submit(stream, 1).thenApply(_ -> List.copyOf(listener.heard)).get(20, TimeUnit.SECONDS);

        assertThat(heardByThen).containsExactly("memory 64 pixels");
    }

    @Test
    void theGuestsWritesReachTheDeviceBeforeTheCommandAndInPieces() throws Exception {
        StringBuilder order = new StringBuilder();
        AtomicLong bytes = new AtomicLong();
        TestGpuServer server = server(new TestGpuServer((with, message) -> {
            switch (message) {
                case Inbound.Open<GpuRequest, GpuReply, CommandStreamResponse> _ -> with.open();
                case Inbound.MemoryWrite<GpuRequest, GpuReply, CommandStreamResponse> write -> {
                    assertThat(write.address()).isEqualTo(4096 + bytes.get());
                    bytes.addAndGet(write.data().size());
                    order.append('w');
                }
                case Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse> command -> {
                    order.append('c');
                    with.answer(command);
                }
                default -> order.append('?');
            }
        }));
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server);

        stream.writeMemory(4096, ByteString.copyFrom(new byte[(1 << 20) + 1]));
        submit(stream, 1).get(20, TimeUnit.SECONDS);

        assertThat(bytes).hasValue((1 << 20) + 1);
        assertThat(order.toString()).isEqualTo("wwwwwc");
    }

    @Test
    void configurationIsReadInOrderAndChangesAreHeard() throws Exception {
        TestGpuServer server = server(new TestGpuServer((with, message) -> {
            switch (message) {
                case Inbound.Open<GpuRequest, GpuReply, CommandStreamResponse> _ -> with.open();
                case Inbound.ConfigWrite<GpuRequest, GpuReply, CommandStreamResponse> write ->
                    with.writer.offer(
                            with.dialect.notice(new DeviceNotice.ConfigChanged(write.offset(), write.data())));
                case Inbound.ConfigRead<GpuRequest, GpuReply, CommandStreamResponse> read ->
                    with.writer.offer(
                            with.dialect.config(read.offset(), ByteString.copyFromUtf8("at" + read.offset())));
                default -> {}
            }
        }));
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server);

        stream.writeConfig(4, ByteString.copyFromUtf8("x"));
        CompletableFuture<ByteString> first = stream.readConfig(8, 4);
        CompletableFuture<ByteString> second = stream.readConfig(12, 4);

        assertThat(first.get(20, TimeUnit.SECONDS).toStringUtf8()).isEqualTo("at8");
        assertThat(second.get(20, TimeUnit.SECONDS).toStringUtf8()).isEqualTo("at12");
        assertThat(listener.heard).containsExactly("config 4 x");
    }

    @Test
    void aRefusalIsTheDevicesErrno() {
        TestGpuServer server = server(new TestGpuServer((with, _) ->
                with.writer.fail(Statuses.toException(new ErrnoException(Errno.EBUSY, "vm0 is open already")))));

        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> GpuStream.open(server.channel(), OPEN, listener, PATIENCE))
                .withMessage("vm0 is open already")
                .returns(Errno.EBUSY, ErrnoException::errno);
    }

    @Test
    void aServiceThatIsNotThereIsADeviceThatIsGone() {
        ManagedChannel nobody = Channels.plaintext("127.0.0.1", 1);
        open.add(nobody::shutdownNow);

        assertThatExceptionOfType(DeviceGoneException.class)
                .isThrownBy(() -> GpuStream.open(nobody, OPEN, listener, PATIENCE));
    }

    @Test
    void aDeviceThatDoesNotAnswerTheOpenIsGivenUp() {
        TestGpuServer server = server(new TestGpuServer((_, _) -> {}));

        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> GpuStream.open(server.channel(), OPEN, listener, Duration.ofMillis(100)))
                .returns(Errno.ETIMEDOUT, ErrnoException::errno);
        await().atMost(PATIENCE).until(() -> server.cancelled.get() == 1);
    }

    @Test
    void anInterruptedOpenIsGivenUpAndTheThreadStaysInterrupted() throws Exception {
        TestGpuServer server = server(new TestGpuServer((_, _) -> {}));
        CompletableFuture<Boolean> outcome = new CompletableFuture<>();
        Thread opener = Thread.ofVirtual().start(() -> {
            try {
                GpuStream.open(server.channel(), OPEN, listener, PATIENCE);
            } catch (ErrnoException e) {
                outcome.complete(
                        e.errno() == Errno.EINTR && Thread.currentThread().isInterrupted());
            }
        });
        await().atMost(PATIENCE).until(() -> server.received.get() == 1);

        opener.interrupt();

        assertThat(outcome.get(20, TimeUnit.SECONDS)).isTrue();
        await().atMost(PATIENCE).until(() -> server.cancelled.get() == 1);
    }

    @Test
    void closingFailsWhatIsPendingAtOnceAndEndsTheStreamProperly() throws Exception {
        TestGpuServer server = server(script((_, _) -> {}));
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server);
        CompletableFuture<Completion<GpuReply>> pending = submit(stream, 1);

        stream.close();

        assertThat(pending).isCompletedExceptionally();
        stream.closed().get(20, TimeUnit.SECONDS);
        assertThat(server.halfClosed).hasValue(1);
        assertThat(server.cancelled).hasValue(0);
    }

    @Test
    void aDeviceThatDoesNotEndAClosedStreamIsCutOff() throws Exception {
        TestGpuServer server = server(script((_, _) -> {}));
        server.endsWhenHalfClosed = false;
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server);

        stream.close();

        stream.closed().get(20, TimeUnit.SECONDS);
        await().atMost(PATIENCE).until(() -> server.cancelled.get() == 1);
    }

    @Test
    void moreCommandsThanMayBePendingAreRefused() {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = stream(server(script((_, _) -> {})));
        for (int i = 0; i < DeviceStream.MAX_PENDING; i++) {
            assertThat(submit(stream, i)).isNotDone();
        }

        ErrnoException refused = (ErrnoException) failure(submit(stream, 1));

        assertThat(refused.errno()).isEqualTo(Errno.EAGAIN);
    }

    @Test
    void theStreamOutlivesTheCallInWhichItWasOpened() throws Exception {
        TestGpuServer server = server(TestGpuServer.obedient());
        io.grpc.Context.CancellableContext caller = io.grpc.Context.current().withCancellation();
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream =
                caller.call(() -> GpuStream.open(server.channel(), OPEN, listener, PATIENCE));
        open.add(stream);

        caller.cancel(null);

        assertThat(submit(stream, 1).get(20, TimeUnit.SECONDS)).isNotNull();
    }

    private TestGpuServer server(TestGpuServer server) {
        open.add(server);
        return server;
    }

    private DeviceStream<GpuRequest, GpuReply, NoEvent> stream(TestGpuServer server) {
        DeviceStream<GpuRequest, GpuReply, NoEvent> stream = GpuStream.open(server.channel(), OPEN, listener, PATIENCE);
        open.add(stream);
        return stream;
    }

    private interface CommandScript {
        void hear(Conversation with, Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse> command);
    }

    /** Opens at once; the rest is up to the script. */
    private static TestGpuServer script(CommandScript script) {
        return new TestGpuServer((with, message) -> {
            if (message instanceof Inbound.Open<GpuRequest, GpuReply, CommandStreamResponse>) {
                with.open();
            } else if (message instanceof Inbound.Command<GpuRequest, GpuReply, CommandStreamResponse> command) {
                script.hear(with, command);
            }
        });
    }

    private static CompletableFuture<Completion<GpuReply>> submit(
            DeviceStream<GpuRequest, GpuReply, NoEvent> stream, int id) {
        return stream.submit(GpuRequest.of(new GpuCommand.ResourceUnref(id)));
    }

    private static Throwable failure(CompletableFuture<?> future) {
        try {
            future.get(20, TimeUnit.SECONDS);
            throw new AssertionError("it did not fail");
        } catch (ExecutionException e) {
            return Objects.requireNonNull(e.getCause());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
