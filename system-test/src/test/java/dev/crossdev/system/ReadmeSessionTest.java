package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The session that the README shows, line by line, over real reflection. */
@ExtendWith(SharedServices.class)
class ReadmeSessionTest {

    private static final Pattern SESSION =
            Pattern.compile("<!-- session -->\n```sh\n(.*?)```\n<!-- /session -->", Pattern.DOTALL);
    private static final Pattern ASSIGNMENT = Pattern.compile("(\\w+)=\\$\\((.*) \\| jq -r (\\S+)\\)");
    private static final Pattern GRPCURL = Pattern.compile("grpcurl -plaintext (?:-d '(.*)' )?localhost:(\\d+) (\\S+)");
    private static final Pattern CURL = Pattern.compile("curl -s localhost:(\\d+)/q/metrics \\| grep (\\S+)");

    private final Services services;
    private final Map<String, String> variables = new HashMap<>();

    ReadmeSessionTest(Services services) {
        this.services = services;
    }

    @Test
    void theSessionOfTheReadmeMovesTheMetric() throws IOException {
        List<String> lines = session();
        assertThat(lines).hasSize(9);

        List<String> outputs = new ArrayList<>();
        for (String line : lines) {
            outputs.add(run(line));
        }

        assertThat(outputs.getFirst()).contains("virtio.gpu.v1.GpuDevice", "virtio.admin.v1.DeviceAdmin");
        assertThat(outputs.get(1)).contains("GPU_RESULT_OK_NODATA");
        assertThat(outputs.get(2)).contains("GPU_RESULT_OK_NODATA");
        assertThat(variables.get("UUID"))
                .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
        assertThat(outputs.get(5)).contains("VIDEO_RESULT_OK_NODATA");
        assertThat(outputs.get(6)).contains("VIDEO_RESULT_OK_NODATA");
        assertThat(outputs.get(7)).contains(variables.get("UUID"));
        assertThat(Double.parseDouble(outputs.get(8)))
                .as("the last line's count")
                .isEqualTo(Double.parseDouble(outputs.get(4)) + 1);
    }

    private static List<String> session() throws IOException {
        Matcher session = SESSION.matcher(Files.readString(Checkout.HOME.resolve("README.md")));
        assertThat(session.find()).as("a session in the README").isTrue();
        return session.group(1).lines().toList();
    }

    private String run(String line) throws IOException {
        Matcher assignment = ASSIGNMENT.matcher(line);
        if (assignment.matches()) {
            String json = run(assignment.group(2));
            String pointer = assignment.group(3).replace('.', '/');
            variables.put(
                    assignment.group(1),
                    new ObjectMapper().readTree(json).at(pointer).asText());
            return json;
        }
        Matcher curl = CURL.matcher(line);
        if (curl.matches()) {
            return Double.toString(Scrape.of(management(curl.group(1))).sum(curl.group(2)));
        }
        Matcher grpcurl = GRPCURL.matcher(line);
        assertThat(grpcurl.matches())
                .as("a line that this test understands: " + line)
                .isTrue();
        HostPort address = service(grpcurl.group(2));
        ManagedChannel channel = Channels.plaintext(address.host(), address.port());
        try {
            ReflectedCall calls = new ReflectedCall(channel);
            return grpcurl.group(3).equals("list")
                    ? String.join("\n", calls.services())
                    : calls.call(grpcurl.group(3), substituted(grpcurl.group(1)));
        } finally {
            channel.shutdownNow();
        }
    }

    /** A variable between two single-quoted strings, as the shell joins them. */
    private String substituted(String json) {
        String text = json;
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            text = text.replace("'$" + variable.getKey() + "'", variable.getValue());
        }
        return text;
    }

    private HostPort service(String port) {
        return port.equals("8081") ? services.gpu().address() : services.video().address();
    }

    private HostPort management(String port) {
        return port.equals("9081")
                ? services.gpu().management()
                : services.video().management();
    }
}
