package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.rpc.ErrorInfo;
import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.CommandStreamResponse;
import dev.crossdev.proto.gpu.v1.DescribeRequest;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Streams of one connection and of all, at limits that are above the hundred at which HTTP/2 is silent by default. */
@QuarkusTest
@TestProfile(StreamLimitTest.Limits.class)
class StreamLimitTest {

    private static final int PER_CONNECTION = 110;
    private static final int ALL = 115;

    /** The service with those limits. */
    public static class Limits extends GpuServiceProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> overrides = new HashMap<>(super.getConfigOverrides());
            overrides.put("crossdev.streams.max-per-connection", Integer.toString(PER_CONNECTION));
            overrides.put("crossdev.streams.max", Integer.toString(ALL));
            return overrides;
        }
    }

    @Inject
    GrpcServer server;

    private Client client;
    private Client neighbour;

    @BeforeEach
    void connect() {
        client = new Client(server.getPort());
        neighbour = new Client(server.getPort());
    }

    @AfterEach
    void disconnect() {
        client.close();
        neighbour.close();
    }

    @Test
    void oneStreamTooManyIsRefusedByNameAndHarmsNobody() {
        List<Stream> open = fill(client, PER_CONNECTION);
        Stream refused = new Stream(client);
        assertThat(refused.end()).isEqualTo("RESOURCE_EXHAUSTED ENOBUFS");

        // Calls with one answer are none of these, and others have their own share.
        assertThat(client.gpu()
                        .describe(DescribeRequest.getDefaultInstance())
                        .getService()
                        .getInstance())
                .isNotEmpty();
        List<Stream> others = fill(neighbour, ALL - PER_CONNECTION);
        assertThat(new Stream(neighbour).end()).as("of all together").isEqualTo("RESOURCE_EXHAUSTED ENOBUFS");
        assertThat(open).noneMatch(stream -> stream.ended.isDone());

        // Whoever leaves makes room.
        open.getFirst().cancel();
        others.getFirst().cancel();
        await().atMost(Client.PATIENCE).untilAsserted(() -> {
            try (var stream = client.open(Client.unique())) {
                assertThat(Client.answer(stream, new GpuCommand.GetDisplayInfo()))
                        .isInstanceOf(GpuResponse.OkDisplayInfo.class);
            }
        });
    }

    @Test
    void aLostConnectionGivesItsStreamsBack() {
        for (int round = 0; round < 3; round++) {
            Client lost = new Client(server.getPort());
            fill(lost, PER_CONNECTION);
            lost.close();
        }
        await().atMost(Client.PATIENCE)
                .untilAsserted(
                        () -> assertThat(fill(client, PER_CONNECTION)).noneMatch(stream -> stream.ended.isDone()));
    }

    /** Streams of one connection begin in order, so the answer to one call more says that all of them have. */
    private static List<Stream> fill(Client client, int count) {
        List<Stream> streams = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            streams.add(new Stream(client));
        }
        var _ = client.gpu().describe(DescribeRequest.getDefaultInstance());
        return streams;
    }

    /** A command stream that says nothing. */
    private static final class Stream {
        final CompletableFuture<String> ended = new CompletableFuture<>();
        private final ClientCall<CommandStreamRequest, CommandStreamResponse> call;

        Stream(Client client) {
            call = client.channel.newCall(GpuDeviceGrpc.getCommandStreamMethod(), CallOptions.DEFAULT);
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            ended.complete(status.getCode() + " "
                                    + Statuses.errorInfo(status, trailers)
                                            .map(ErrorInfo::getReason)
                                            .orElse("-"));
                        }
                    },
                    new Metadata());
            call.request(1);
        }

        String end() {
            return ended.orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join();
        }

        void cancel() {
            call.cancel("enough", null);
        }
    }
}
