package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.cli.launch.ServiceProcess;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.GpuStream;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What two real services say, in JSON, about a guest that does nothing right. */
class LogsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> JSON_LINES =
            List.of("crossdev.log.json=true", "crossdev.timing.transit=1ms", "crossdev.faults=RESOURCE_UNREF=twice");
    private static final int BAD_COMMANDS = 5000;

    @Test
    void eachLineIsAnObjectAndAHostileGuestFillsNoDisk() throws Exception {
        List<JsonNode> ended;
        try (Services services = Services.start(Checkout.HOME, Services.Ports.FREE, JSON_LINES, JSON_LINES)) {
            ServiceProcess gpu = services.gpu();
            misbehave(gpu.address());
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(lines(gpu))
                            .anyMatch(line -> line.path("message").asText().startsWith("and ")));
            ended = lines(gpu);
            Files.write(Path.of("target", "logs.jsonl"), Files.readAllLines(gpu.log()));
            assertThat(lines(services.video())).isNotEmpty();
        }
        List<JsonNode> refusals = ended.stream()
                .filter(line -> line.path("event").asText().equals("command refused"))
                .toList();
        // Ten in each ten seconds, and 5000 take a while on a busy machine.
        assertThat(refusals).hasSizeBetween(10, BAD_COMMANDS / 10).allSatisfy(line -> {
            assertThat(line.path("level").asText()).isEqualTo("WARN");
            assertThat(line.path("device").asText()).isEqualTo("hostile/vm0");
            assertThat(line.path("command").asText()).isEqualTo("RESOURCE_UNREF");
            assertThat(line.path("result").asText()).isEqualTo("ERR_INVALID_RESOURCE_ID (0x1203)");
            assertThat(line.path("seq").asText()).matches("\\d+");
            assertThat(line.path("message").asText())
                    .isEqualTo("device hostile/vm0: command " + line.path("seq").asText()
                            + " RESOURCE_UNREF is refused with ERR_INVALID_RESOURCE_ID (0x1203)");
        });
        assertThat(ended.stream().map(line -> line.path("message").asText()))
                .anyMatch(text -> text.startsWith("device hostile/vm0: came, a gpu with "))
                .anyMatch(text -> text.equals("device *: a fault is injected: RESOURCE_UNREF=twice"))
                .anyMatch(text -> text.equals("device hostile/vm0: an injected fault strikes RESOURCE_UNREF: twice"))
                .anyMatch(text -> text.equals("device hostile/vm0: is gone: its stream ended"))
                .anyMatch(text -> text.matches("and \\d+ more of device hostile/vm0: command refused"));
    }

    /** Many commands for a resource that is not there. */
    private static void misbehave(HostPort gpu) throws Exception {
        ManagedChannel channel = Channels.plaintext(gpu.host(), gpu.port());
        try (DeviceStream<GpuRequest, GpuReply, NoEvent> stream =
                GpuStream.open(channel, OpenStream.of("hostile", "vm0"), new StreamListener<>() {}, PATIENCE)) {
            List<CompletableFuture<Completion<GpuReply>>> answers = IntStream.range(0, BAD_COMMANDS)
                    .mapToObj(_ -> stream.submit(GpuRequest.of(new ResourceUnref(7))))
                    .toList();
            CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(answers)
                    .allMatch(answer ->
                            answer.join().response().response().result().isError());
            stream.close();
            ErrnoException end = stream.closed().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(end).isNotNull();
        } finally {
            channel.shutdownNow();
        }
    }

    private static List<JsonNode> lines(ServiceProcess service) {
        try (var lines = Files.lines(service.log())) {
            return lines.map(LogsTest::object).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode object(String line) {
        try {
            JsonNode object = JSON.readTree(line);
            assertThat(object.isObject()).as(line).isTrue();
            assertThat(object.path("timestamp").asText()).as(line).isNotEmpty();
            return object;
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + line, e);
        }
    }
}
