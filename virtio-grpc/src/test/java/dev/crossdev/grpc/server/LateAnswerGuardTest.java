package dev.crossdev.grpc.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LateAnswerGuardTest {

    private final RecordingCall call = new RecordingCall();
    private final List<ServerCall<String, String>> inner = new ArrayList<>();
    private final List<String> heard = new ArrayList<>();

    @Test
    void whatIsWrittenInTimePasses() {
        begin(new LateAnswerGuard());

        writeAll();

        assertThat(call.written).containsExactly("headers", "message", "close OK");
    }

    @Test
    void whatIsWrittenAfterTheCancelIsDropped() {
        ServerCall.Listener<String> listener = begin(new LateAnswerGuard());
        inner.getFirst().sendHeaders(new Metadata());

        listener.onCancel();
        writeAll();

        assertThat(call.written).containsExactly("headers");
        assertThat(inner.getFirst().isCancelled()).isTrue();
        assertThat(heard).as("the service hears of it").containsExactly("cancel");
    }

    @Test
    void theServiceThatAnswersACancelIsLateAlready() {
        ServerCall.Listener<String> listener = new LateAnswerGuard()
                .interceptCall(call, new Metadata(), (guarded, _) -> new ServerCall.Listener<>() {
                    @Override
                    public void onCancel() {
                        guarded.close(Status.CANCELLED, new Metadata());
                    }
                });

        listener.onCancel();

        assertThat(call.written).isEmpty();
    }

    @Test
    void writesFromOtherThreadsAreCheckedOnTheCallsOwn() {
        Queue<Runnable> loop = new ArrayDeque<>();
        boolean[] onLoop = {false};
        ServerCall.Listener<String> listener = begin(new LateAnswerGuard(() -> thread(loop, onLoop)));
        ServerCall<String, String> guarded = inner.getFirst();

        guarded.sendMessage("early");
        assertThat(call.written).as("not yet on the loop").isEmpty();
        loop.remove().run();
        assertThat(call.written).containsExactly("early");

        guarded.sendMessage("on its way to the loop");
        listener.onCancel();
        loop.remove().run();
        assertThat(call.written).containsExactly("early");
    }

    @Test
    void aWriteOnTheCallsOwnThreadDoesNotOvertakeAnOlderOne() {
        Queue<Runnable> loop = new ArrayDeque<>();
        boolean[] onLoop = {false};
        begin(new LateAnswerGuard(() -> thread(loop, onLoop)));
        ServerCall<String, String> guarded = inner.getFirst();

        guarded.sendMessage("first");
        onLoop[0] = true;
        guarded.sendMessage("second");
        assertThat(call.written).containsExactly("first", "second");

        loop.remove().run();
        assertThat(call.written).containsExactly("first", "second");
    }

    @Test
    void nothingIsWrittenAfterTheCancelHoweverManyThreadsTry() throws Exception {
        for (int round = 0; round < 50; round++) {
            RecordingCall raced = new RecordingCall();
            Queue<Runnable> loop = new ConcurrentLinkedQueue<>();
            List<ServerCall<String, String>> guarded = new ArrayList<>();
            ServerCall.Listener<String> listener = new LateAnswerGuard(() -> thread(loop, new boolean[] {false}))
                    .interceptCall(raced, new Metadata(), (inside, _) -> {
                        guarded.add(inside);
                        return new ServerCall.Listener<>() {};
                    });
            try (ExecutorService writers = Executors.newFixedThreadPool(2)) {
                writers.execute(() -> {
                    for (int i = 0; i < 200; i++) {
                        guarded.getFirst().sendMessage("m");
                    }
                });
                // This thread is the loop: it runs writes, then reads the cancel, then runs the rest.
                for (int i = 0; i < 20; i++) {
                    Runnable task = loop.poll();
                    if (task != null) {
                        task.run();
                    }
                }
                listener.onCancel();
                int written = raced.written.size();
                writers.shutdown();
                assertThat(writers.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
                for (Runnable task = loop.poll(); task != null; task = loop.poll()) {
                    task.run();
                }
                assertThat(raced.written).hasSize(written);
            }
        }
    }

    private ServerCall.Listener<String> begin(LateAnswerGuard guard) {
        return guard.interceptCall(call, new Metadata(), (guarded, _) -> {
            inner.add(guarded);
            return new ServerCall.Listener<>() {
                @Override
                public void onCancel() {
                    heard.add("cancel");
                }
            };
        });
    }

    private void writeAll() {
        inner.getFirst().sendHeaders(new Metadata());
        inner.getFirst().sendMessage("message");
        inner.getFirst().close(Status.OK, new Metadata());
    }

    private static CallThread thread(Queue<Runnable> loop, boolean[] current) {
        return new CallThread() {
            @Override
            public boolean isCurrent() {
                return current[0];
            }

            @Override
            public void execute(Runnable task) {
                loop.add(task);
            }
        };
    }
}
