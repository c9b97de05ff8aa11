package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.system.Checkout.Command;
import dev.crossdev.system.Checkout.Ended;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code crossdev load} as its users and their clusters run it. */
@ExtendWith(SharedServices.class)
class LoadCommandTest {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String CLIP =
            Checkout.HOME.resolve("media/src/test/resources/sample-64x48.mp4").toString();

    @Test
    void aCountedLoadEndsWithZeroWhenEveryRoundWasWhole(Services services) {
        Ended ended = on(services, "--count", "3", "--strategy", "deferred,block-at-export")
                .await(PATIENCE);
        assertThat(ended.exitCode()).as(ended.output()).isZero();
        assertThat(ended.output()).contains("ended: 3 rounds: 3 ok");
    }

    @Test
    void asJsonEachLineIsAnObjectWithTheNumbersAsFields(Services services) throws IOException {
        Ended ended = on(services, "--count", "2", "--json").await(PATIENCE);

        ObjectMapper json = new ObjectMapper();
        List<JsonNode> lines = new ArrayList<>();
        for (String line : ended.output().lines().toList()) {
            lines.add(json.readTree(line));
        }
        assertThat(lines)
                .allSatisfy(
                        line -> assertThat(Instant.parse(line.get("timestamp").asText()))
                                .isBeforeOrEqualTo(Instant.now()));
        assertThat(lines.getLast().get("message").asText()).startsWith("ended: 2 rounds");
        assertThat(lines.getLast().get("ok").asLong()).isEqualTo(2);
    }

    @Test
    void ctrlCLetsGoOfTheDevicesAndSaysWhatWasDone(Services services) {
        Command load = on(services);
        HostPort meters = meters(load);
        await().atMost(PATIENCE).until(() -> status(meters, "ready") == 200);
        assertThat(status(meters, "live")).isEqualTo(200);
        load.interrupt();
        Ended ended = load.await(PATIENCE);
        assertThat(ended.exitCode()).as(ended.output()).isEqualTo(130);
        assertThat(ended.output()).contains("ended: ").doesNotContain("crossdev: ");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(devices(services.gpu().address()))
                        .noneMatch(device -> device.getGuest().startsWith("load-")));
    }

    @Test
    void servicesThatAreNeverThereAreCode3() {
        Ended ended = Checkout.crossdev(
                        "load", "--gpu", "127.0.0.1:1", "--video", "127.0.0.1:1", "--for", "500ms", CLIP)
                .await(PATIENCE);
        assertThat(ended.exitCode()).as(ended.output()).isEqualTo(3);
        assertThat(ended.output()).contains("crossdev: never connected: gpu-service (127.0.0.1:1)");
    }

    @Test
    void aRateOfNothingIsWrongUsage() {
        Ended ended = Checkout.crossdev("load", "--rate", "0").await(PATIENCE);
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.output()).contains("rounds per second");
    }

    private static Command on(Services services, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "load",
                "--gpu",
                services.gpu().address().toString(),
                "--video",
                services.video().address().toString(),
                "--rate",
                "5",
                "--buffers",
                "2",
                "--metrics-port",
                "0"));
        arguments.addAll(List.of(more));
        arguments.add(CLIP);
        return Checkout.crossdev(arguments.toArray(String[]::new));
    }

    private static HostPort meters(Command load) {
        return await().atMost(PATIENCE).until(load::meters, Optional::isPresent).orElseThrow();
    }

    private static int status(HostPort meters, String check) {
        return get(meters, "/q/health/" + check).statusCode();
    }

    private static HttpResponse<String> get(HostPort meters, String path) {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://" + meters + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static List<Device> devices(HostPort service) {
        ManagedChannel channel = Channels.plaintext(service.host(), service.port());
        try {
            return DeviceAdminGrpc.newBlockingStub(channel)
                    .listDevices(ListDevicesRequest.getDefaultInstance())
                    .getDevicesList();
        } finally {
            channel.shutdownNow();
        }
    }
}
