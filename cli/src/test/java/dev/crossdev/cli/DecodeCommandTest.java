package dev.crossdev.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DecodeCommandTest {

    private static final String LOG = """
            # crossdev wire log 1
            #: type gpu
            #: guest default
            #: device vm0
            0 01010000010000000700000000000000000000000000000002000000020000004000000040000000 001100000100000007000000000000000000000000000000 # seq=5 room=24 at=10.000000000 used=10.000250000
            0 0b01000000000000000000000000000000000000000000000200000000000000 - # unanswered at=10.500000000
            #: reset 1 # at=11.000000000
            """;

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void aLogIsSaidALineEach() throws IOException {
        assertThat(decode(LOG)).isZero();
        assertThat(out.toString().lines())
                .containsExactly(
                        "# gpu default/vm0",
                        "+0.000000 control  RESOURCE_CREATE_2D(flags=FENCE, fence_id=7, resource_id=2, format=B8G8R8X8_UNORM,"
                                + " width=64, height=64) = OK_NODATA(flags=FENCE, fence_id=7) <0.000250>",
                        "+0.500000 control  RESOURCE_ASSIGN_UUID(resource_id=2) = ?",
                        "+1.000000 reset    epoch 1");
    }

    @Test
    void aLogIsSaidToProgramsAnObjectEach() throws IOException {
        assertThat(decode(LOG, "--json")).isZero();
        List<JsonNode> lines =
                out.toString().lines().map(DecodeCommandTest::json).toList();
        assertThat(lines.get(0).at("/header/type").asText()).isEqualTo("gpu");
        assertThat(lines.get(1).get("line").asInt()).isEqualTo(5);
        assertThat(lines.get(1).at("/request/name").asText()).isEqualTo("RESOURCE_CREATE_2D");
        assertThat(lines.get(1).at("/request/fields/format").asInt()).isEqualTo(2);
        assertThat(lines.get(1).at("/request/fields/format_name").asText()).isEqualTo("B8G8R8X8_UNORM");
        assertThat(lines.get(1).at("/response/fields/fence_id").asInt()).isEqualTo(7);
        assertThat(lines.get(2).get("unanswered").asBoolean()).isTrue();
        assertThat(lines.get(3).at("/reset/epoch").asInt()).isEqualTo(1);
    }

    @Test
    void aBadLineIsNamedAndNothingElseIsPrinted() throws IOException {
        assertThat(decode(LOG + "0 zz -\n")).isEqualTo(2);
        assertThat(err.toString()).contains("log.wire: line 8: 'zz' is not hexadecimal");
        assertThat(err.toString().lines()).hasSize(1);
    }

    @Test
    void aFileThatSaysNothingOfItsDeviceIsAskedTo() throws IOException {
        assertThat(decode("0 00 -\n")).isEqualTo(2);
        assertThat(err.toString()).contains("#: type gpu");
    }

    private int decode(String log, String... options) throws IOException {
        Path file = Files.writeString(folder.resolve("log.wire"), log);
        CommandLine command =
                Crossdev.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        String[] arguments = new String[options.length + 2];
        arguments[0] = "decode";
        arguments[1] = file.toString();
        System.arraycopy(options, 0, arguments, 2, options.length);
        return command.execute(arguments);
    }

    private static JsonNode json(String line) {
        try {
            return new ObjectMapper().readTree(line);
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }
}
