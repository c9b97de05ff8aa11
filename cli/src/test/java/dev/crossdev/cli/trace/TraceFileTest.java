package dev.crossdev.cli.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.report.Runs;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TraceFileTest {

    private static final int BUFFERS = 4;

    private final ObjectMapper mapper = new ObjectMapper();

    @ParameterizedTest
    @EnumSource
    void aRunOfEachStrategyKeepsTheFormatsRules(RegistrationStrategy strategy) throws Exception {
        JsonNode trace = parse(List.of(Runs.full(strategy)));

        assertThat(TraceFormat.breaches(trace)).isEmpty();
        assertThat(named(trace, "RESOURCE_ASSIGN_UUID")).hasSize(BUFFERS);
        assertThat(named(trace, "RESOURCE_ASSIGN_UUID in flight")).hasSize(BUFFERS);
        assertThat(named(trace, "get_uuid")).hasSize(BUFFERS);
    }

    @Test
    void manyRunsShareNoProcessAndNoFlow() throws Exception {
        List<ReportRun> runs =
                Stream.of(RegistrationStrategy.values()).map(Runs::full).toList();
        JsonNode trace = parse(runs);

        assertThat(TraceFormat.breaches(trace)).isEmpty();
        assertThat(named(trace, "process_name").stream()
                        .map(event -> event.get("pid").asInt())
                        .distinct())
                .hasSize(runs.size() * RunTrace.PROCESSES);
    }

    @Test
    void theRegistrationEnclosesTheDevicesWork() throws Exception {
        JsonNode trace = parse(List.of(Runs.full(RegistrationStrategy.DEFERRED)));

        JsonNode inFlight = named(trace, "RESOURCE_ASSIGN_UUID in flight").getFirst();
        JsonNode device = named(trace, "RESOURCE_ASSIGN_UUID").getFirst();
        assertThat(inFlight.get("ts").asDouble()).isEqualTo(100);
        assertThat(inFlight.get("dur").asDouble()).isEqualTo(4000);
        assertThat(device.get("ts").asDouble()).isEqualTo(2100);
        assertThat(device.get("dur").asDouble()).isEqualTo(100);
        assertThat(device.get("pid")).isNotEqualTo(inFlight.get("pid"));
    }

    @Test
    void whoWasBlockedIsOnAThreadOfItsOwn() throws Exception {
        JsonNode trace = parse(List.of(Runs.full(RegistrationStrategy.BLOCK_AT_EXPORT)));

        assertThat(named(trace, "blocked in export")).hasSize(BUFFERS);
        assertThat(named(trace, "blocked in get_uuid")).isEmpty();
    }

    @Test
    void anAnswerThatNeverCameLeavesNoSliceAndNoArrow() throws Exception {
        ReportRun run = Runs.withoutAnswers(Runs.run(RegistrationStrategy.DEFERRED, RunMode.STARTUP, 1));
        JsonNode trace = parse(List.of(run));

        assertThat(TraceFormat.breaches(trace)).isEmpty();
        assertThat(named(trace, "RESOURCE_ASSIGN_UUID in flight")).isEmpty();
        assertThat(named(trace, "answer")).isEmpty();
        assertThat(named(trace, "request")).hasSize(2);
    }

    @Test
    void theRulesBite() throws Exception {
        JsonNode crooked = mapper.readTree("""
                {"traceEvents": [
                  {"name": "a", "ph": "X", "ts": 0, "dur": 10, "pid": 1, "tid": 1},
                  {"name": "b", "ph": "X", "ts": 5, "dur": 10, "pid": 1, "tid": 1},
                  {"name": "c", "ph": "X", "ts": -1, "pid": 1, "tid": 2},
                  {"name": "d", "ph": "s", "ts": 0, "pid": 1, "tid": 1, "id": 7},
                  {"name": "e", "ph": "?", "ts": 0, "pid": 1, "tid": 1}]}
                """);

        assertThat(TraceFormat.breaches(crooked))
                .anyMatch(breach -> breach.contains("b overlaps a"))
                .anyMatch(breach -> breach.contains("c has no dur"))
                .anyMatch(breach -> breach.contains("c is before 0"))
                .anyMatch(breach -> breach.contains("flow 7"))
                .anyMatch(breach -> breach.contains("e has phase ?"));
    }

    @Test
    void theFileIsWhatTheTextSays(@TempDir Path folder) throws Exception {
        TraceFile trace = TraceFile.of(List.of(Runs.full(RegistrationStrategy.DEFERRED)), "1.0");
        Path file = folder.resolve("new").resolve("trace.json");
        trace.write(file);

        assertThat(Files.readString(file)).isEqualTo(trace.json());
        assertThat(mapper.readTree(file.toFile())
                        .get("otherData")
                        .get("crossdev")
                        .asText())
                .isEqualTo("1.0");
    }

    private JsonNode parse(List<ReportRun> runs) throws Exception {
        return mapper.readTree(TraceFile.of(runs, "test").json());
    }

    private static List<JsonNode> named(JsonNode trace, String name) {
        List<JsonNode> found = new ArrayList<>();
        trace.get("traceEvents")
                .forEach(event -> Optional.of(event)
                        .filter(each -> each.get("name").asText().equals(name))
                        .ifPresent(found::add));
        return found;
    }
}
