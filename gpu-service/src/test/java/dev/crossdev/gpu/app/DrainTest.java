package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.crossdev.dmabuf.error.DeviceGoneException;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.objects.v1.WatchRequest;
import dev.crossdev.proto.objects.v1.WatchResponse;
import dev.crossdev.proto.objects.v1.WatchStart;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.quarkus.vertx.http.HttpServer;
import jakarta.enterprise.event.Event;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/** What happens first on SIGTERM. The service is of no use afterwards, so it is one of its own. */
@QuarkusTest
@TestProfile(DrainTest.Impatient.class)
class DrainTest {

    /** A drain that does not wait long. */
    public static class Impatient extends GpuServiceProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = new HashMap<>(super.getConfigOverrides());
            settings.put("crossdev.drain-grace", "200ms");
            settings.put("crossdev.ready-file", settings.get("crossdev.run-folder") + "/ready.json");
            return settings;
        }
    }

    @Inject
    GrpcServer server;

    @Inject
    HttpServer http;

    @Inject
    Event<ShutdownDelayInitiatedEvent> shutdown;

    @Inject
    @ConfigProperty(name = "crossdev.ready-file")
    Path readyFile;

    @Test
    void aDrainSaysNotServingRefusesDevicesAndEndsAllStreams() throws Exception {
        try (Client client = new Client(server.getPort())) {
            await().atMost(Client.PATIENCE).until(() -> Files.exists(readyFile));
            assertThat(Files.readString(readyFile))
                    .contains("\"grpcPort\":" + server.getPort())
                    .contains("\"managementPort\":" + http.getManagementPort());
            assertThat(health(client)).isEqualTo(ServingStatus.SERVING);
            var stream = client.open(Client.unique());
            CompletableFuture<Status.Code> watchEnd = watch(client);

            shutdown.fire(new ShutdownDelayInitiatedEvent());

            assertThat(Client.end(stream)).isInstanceOf(DeviceGoneException.class);
            assertThat(watchEnd.orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                            .join())
                    .isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(health(client)).isEqualTo(ServingStatus.NOT_SERVING);
            assertThatThrownBy(() -> client.open(Client.unique())).isInstanceOf(DeviceGoneException.class);
            assertThat(readiness()).isEqualTo(503);
            assertThat(readyFile).doesNotExist();
        }
    }

    private static ServingStatus health(Client client) {
        return HealthGrpc.newBlockingStub(client.channel)
                .check(HealthCheckRequest.newBuilder()
                        .setService("virtio.gpu.v1.GpuDevice")
                        .build())
                .getStatus();
    }

    private static CompletableFuture<Status.Code> watch(Client client) {
        CompletableFuture<Status.Code> end = new CompletableFuture<>();
        CompletableFuture<WatchResponse> first = new CompletableFuture<>();
        SharedObjectsGrpc.newStub(client.channel)
                .watch(new StreamObserver<>() {
                    @Override
                    public void onNext(WatchResponse response) {
                        first.complete(response);
                    }

                    @Override
                    public void onError(Throwable failure) {
                        end.complete(Status.fromThrowable(failure).getCode());
                    }

                    @Override
                    public void onCompleted() {
                        end.complete(Status.Code.OK);
                    }
                })
                .onNext(WatchRequest.newBuilder()
                        .setStart(WatchStart.newBuilder().setImporter("watcher"))
                        .build());
        first.orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        return end;
    }

    private int readiness() throws Exception {
        try (HttpClient asker = HttpClient.newHttpClient()) {
            return asker.send(
                            HttpRequest.newBuilder(URI.create(
                                            "http://127.0.0.1:" + http.getManagementPort() + "/q/health/ready"))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }
}
