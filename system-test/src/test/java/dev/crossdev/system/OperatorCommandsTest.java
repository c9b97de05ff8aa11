package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.GetDisplayInfo;
import dev.crossdev.proto.gpu.v1.GpuCommand;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.gpu.v1.GpuResult;
import dev.crossdev.proto.gpu.v1.PixelFormat;
import dev.crossdev.proto.gpu.v1.ResourceAssignUuid;
import dev.crossdev.proto.gpu.v1.ResourceCreate2d;
import dev.crossdev.system.Checkout.Ended;
import dev.crossdev.testing.RequiresProgram;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** ls, top, timing, fault, reset and rm, typed at real services. */
@ExtendWith(SharedServices.class)
class OperatorCommandsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String GUEST = "operated";
    private static final String DEVICE = GUEST + "/vm0";

    private final List<String> where;
    private final ManagedChannel gpu;

    OperatorCommandsTest(Services services) {
        where = List.of(
                "--gpu", services.gpu().address().toString(),
                "--video", services.video().address().toString());
        gpu = Channels.plaintext(
                services.gpu().address().host(), services.gpu().address().port());
    }

    @AfterEach
    void disconnect() {
        gpu.shutdownNow();
    }

    @Test
    void whatIsSetIsShownCountedAndTakenAwayAgain() throws IOException {
        execute(GpuCommand.newBuilder()
                .setResourceCreate2D(ResourceCreate2d.newBuilder()
                        .setResourceId(7)
                        .setFormat(PixelFormat.PIXEL_FORMAT_B8G8R8A8_UNORM)
                        .setWidth(32)
                        .setHeight(32)));
        ok("timing", "--device", DEVICE, "--transit", "1ms");
        ok("fault", "--device", DEVICE, "RESOURCE_ASSIGN_UUID=error:ERR_OUT_OF_MEMORY");

        assertThat(assignUuid()).isEqualTo(GpuResult.GPU_RESULT_ERR_OUT_OF_MEMORY);
        assertThat(assignUuid()).isEqualTo(GpuResult.GPU_RESULT_OK_RESOURCE_UUID);

        ok("fault", "--device", DEVICE, "RESOURCE_ASSIGN_UUID=late:5ms*3");
        JsonNode listing =
                new ObjectMapper().readTree(ok("ls", "--json", "--guest", GUEST).output());
        JsonNode device = listing.get("devices").get(0);
        assertThat(device.get("transit").asText()).isEqualTo("1ms");
        assertThat(device.get("faults").get(0).get("fault").asText()).isEqualTo("RESOURCE_ASSIGN_UUID=late:5ms*3");
        JsonNode buffer = listing.get("buffers").get(0);
        assertThat(buffer.get("resource").asInt()).isEqualTo(7);
        assertThat(buffer.get("state").asText()).isEqualTo("OK");
        assertThat(ok("ls", "--guest", GUEST).output())
                .contains(
                        "operated/vm0",
                        "transit=1ms",
                        "late:5ms",
                        buffer.get("uuid").asText());

        assertThat(ok("fault", "--clear", "--device", DEVICE).output()).contains("Cleared 1.");
        ok("timing", "--off", "--device", DEVICE);
        assertThat(ok("reset", DEVICE).output()).contains("operated/vm0 is in epoch 1.");
        assertThat(ok("ls", "--guest", GUEST).output())
                .contains("Total 1 devices, 0 buffers, 0 bytes")
                .doesNotContain("transit=");
        ok("rm", DEVICE);
        assertThat(ok("ls", "--guest", GUEST).output()).contains("Total 0 devices");
    }

    @Test
    void aRunLeavesTheLatencyThatAnOperatorHasSetUnlessItAsksForSomeOfItsOwn(@TempDir Path folder) {
        String file = folder.resolve("trace.json").toString();
        ok("timing", "--transit", "1ms");

        ok("trace", file);

        execute(GpuCommand.newBuilder().setGetDisplayInfo(GetDisplayInfo.getDefaultInstance()));
        assertThat(ok("ls", "--guest", GUEST).output()).contains("transit=1ms");

        ok("trace", file, "--transit", "2ms");

        assertThat(ok("ls", "--guest", GUEST).output()).doesNotContain("transit=");
        ok("rm", "--type", "gpu", DEVICE);
    }

    @Test
    void aDisplayIsUnpluggedAndComesBackWithAnotherSize() {
        execute(GpuCommand.newBuilder().setGetDisplayInfo(GetDisplayInfo.getDefaultInstance()));

        assertThat(ok("display", DEVICE, "0", "off").output()).contains("0  off (640x480 when it is on)");
        assertThat(ok("display", DEVICE, "0", "1280x720").output()).contains("0  1280x720 at 0,0");
        assertThat(ok("display", DEVICE).output()).contains("0  1280x720 at 0,0");
        assertThat(run("display", DEVICE, "1", "on")).satisfies(ended -> {
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.output()).contains("no scanout 1");
        });
        assertThat(run("display", DEVICE, "0", "big")).satisfies(ended -> {
            assertThat(ended.exitCode()).isEqualTo(2);
            assertThat(ended.output()).contains("1280x720, on or off");
        });
        ok("rm", DEVICE);
    }

    @Test
    void topShowsWhatAGuestLeavesBehindAndWhatItsDevicesAnswer() {
        execute(GpuCommand.newBuilder().setGetDisplayInfo(GetDisplayInfo.getDefaultInstance()));

        String printed = ok("top", "--batch", "--count", "1", "--every", "100ms", "--guest", GUEST)
                .output();

        assertThat(printed)
                .containsPattern("gpu-service +1 devices \\(0 with a stream\\), 0\\.0 commands/s")
                .containsPattern("video-service +0 devices")
                .containsPattern("operated/vm0 +gpu +lease +0\\.0");
        ok("rm", DEVICE);
    }

    @Test
    @RequiresProgram("script")
    void topTakesATerminalsWholeScreenAndGivesItBack() {
        Ended ended = Checkout.crossdevAtTerminal(
                        Stream.concat(Stream.of("top", "--count", "2", "--every", "100ms"), where.stream())
                                .toArray(String[]::new))
                .await(PATIENCE);

        assertThat(ended.exitCode()).as(ended.output()).isZero();
        // The alternate screen of xterm and its kin.
        assertThat(ended.output())
                .containsSubsequence("\u001b[?1049h", "q quits", "gpu-service", "video-service", "\u001b[?1049l");
    }

    @Test
    void aMistakeIsOneLineWithTheFix() {
        assertThat(run("fault")).satisfies(ended -> {
            assertThat(ended.exitCode()).isEqualTo(2);
            assertThat(ended.output()).contains("RESOURCE_ASSIGN_UUID=never");
        });
        assertThat(run("timing").exitCode()).isEqualTo(2);
        assertThat(run("rm", "--type", "gpu", GUEST + "/nobody")).satisfies(ended -> {
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.output()).contains("nobody");
        });
        ok("rm", "--type", "gpu", "--allow-missing", GUEST + "/nobody");
    }

    private GpuResult assignUuid() {
        return execute(GpuCommand.newBuilder()
                .setResourceAssignUuid(ResourceAssignUuid.newBuilder().setResourceId(7)));
    }

    private GpuResult execute(GpuCommand.Builder command) {
        return GpuDeviceGrpc.newBlockingStub(gpu)
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .execute(ExecuteRequest.newBuilder()
                        .setGuest(GUEST)
                        .setDevice("vm0")
                        .setCommand(command)
                        .build())
                .getCompletion()
                .getResult();
    }

    private Ended ok(String... arguments) {
        Ended ended = run(arguments);
        assertThat(ended.exitCode()).as(ended.output()).isZero();
        return ended;
    }

    private Ended run(String... arguments) {
        return Checkout.crossdev(
                        Stream.concat(Stream.of(arguments), where.stream()).toArray(String[]::new))
                .await(PATIENCE);
    }
}
