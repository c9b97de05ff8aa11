package dev.crossdev.virtio.gpu;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.virtio.gpu.GpuCommand.GetDisplayInfo;
import dev.crossdev.virtio.gpu.GpuCommand.GetEdid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAssignUuid;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceAttachBacking;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreate2d;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceCreateBlob;
import dev.crossdev.virtio.gpu.GpuCommand.ResourceUnref;
import dev.crossdev.virtio.gpu.GpuWire.Decoded;
import dev.crossdev.virtio.memory.MemEntry;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The codec against what real Linux guests sent and accepted. */
class RecordedGuestTest {

    record Exchange(String name, GpuQueue queue, byte[] request, byte[] answer) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final Map<String, Exchange> RECORDED = read();

    static Stream<Exchange> recorded() {
        return RECORDED.values().stream();
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void whatIsReadIsWrittenTheSame(Exchange exchange) throws Exception {
        GpuRequest request = request(exchange.name);
        GpuReply reply = GpuWire.decodeReply(exchange.answer);

        assertThat(GpuWire.encodeRequest(request)).isEqualTo(exchange.request);
        assertThat(GpuWire.encodeReply(reply)).isEqualTo(exchange.answer);
        assertThat(GpuWire.replyBytes(request.command())).isGreaterThanOrEqualTo(exchange.answer.length);
    }

    @Test
    void commandsMeanWhatTheGuestMeant() {
        assertThat(command("displayInfo")).isEqualTo(new GetDisplayInfo());
        assertThat(command("edid")).isEqualTo(new GetEdid(0));
        assertThat(command("create2d")).isEqualTo(new ResourceCreate2d(2, PixelFormat.B8G8R8X8_UNORM.number(), 64, 64));
        assertThat(command("attachBacking"))
                .isEqualTo(new ResourceAttachBacking(
                        2,
                        List.of(
                                new MemEntry(0x6609000, 4096),
                                new MemEntry(0x660f000, 4096),
                                new MemEntry(0x660e000, 4096),
                                new MemEntry(0x660d000, 4096))));
        assertThat(command("assignUuid")).isEqualTo(new ResourceAssignUuid(2));
        assertThat(command("unref")).isEqualTo(new ResourceUnref(2));
        assertThat(command("createCrossDeviceBlob"))
                .isEqualTo(new ResourceCreateBlob(
                        6,
                        BlobMem.GUEST,
                        BlobMem.FLAG_USE_SHAREABLE | BlobMem.FLAG_USE_CROSS_DEVICE,
                        0,
                        8192,
                        List.of(new MemEntry(0x6609000, 4096), new MemEntry(0x660f000, 4096))));
    }

    @Test
    void answersMeanWhatTheGuestUnderstood() throws Exception {
        assertThat(response("assignUuid"))
                .isEqualTo(new GpuResponse.OkResourceUuid(UUID.fromString("063f8a6c-95a3-468e-9ff2-3d03f772cdf0")));
        assertThat(response("assignUuidRefused")).isEqualTo(new GpuResponse.Err(GpuResult.ERR_UNSPEC));
        assertThat(response("unref")).isEqualTo(new GpuResponse.OkNodata());
        assertThat(response("displayInfo")).isInstanceOfSatisfying(GpuResponse.OkDisplayInfo.class, info -> {
            assertThat(info.displays()).hasSize(16);
            assertThat(info.displays().getFirst()).isEqualTo(new Display(Rect.of(640, 480), true, 0));
            assertThat(info.displays().subList(1, 16)).containsOnly(Display.ABSENT);
        });
        assertThat(response("edid"))
                .isInstanceOfSatisfying(
                        GpuResponse.OkEdid.class,
                        edid -> assertThat(edid.edid())
                                .hasSize(128)
                                .startsWith(0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0));
    }

    private static GpuCommand command(String name) {
        return request(name).command();
    }

    private static GpuRequest request(String name) {
        Exchange exchange = requireNonNull(RECORDED.get(name), name);
        Decoded outcome = GpuWire.decodeRequest(exchange.request, exchange.queue);
        assertThat(outcome).isInstanceOf(Decoded.Request.class);
        return ((Decoded.Request) outcome).request();
    }

    private static GpuResponse response(String name) throws Exception {
        return GpuWire.decodeReply(requireNonNull(RECORDED.get(name), name).answer)
                .response();
    }

    private static Map<String, Exchange> read() {
        Map<String, Exchange> exchanges = new HashMap<>();
        InputStream resource = requireNonNull(RecordedGuestTest.class.getResourceAsStream("recorded.txt"));
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(resource, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.startsWith("#")) {
                    String[] fields = line.split(" ", -1);
                    HexFormat hex = HexFormat.of();
                    exchanges.put(
                            fields[0],
                            new Exchange(
                                    fields[0],
                                    GpuQueue.of(Integer.parseInt(fields[1])).orElseThrow(),
                                    hex.parseHex(fields[2]),
                                    hex.parseHex(fields[3])));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return exchanges;
    }
}
