package dev.crossdev.cli.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.crossdev.guest.pipeline.RunMode;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

    private static final ClipFacts CLIP = new ClipFacts("demo.mp4", "mp4", "h264", 640, 360, Runs.FRAMES, 25, 3_600);
    private static final MachineFacts MACHINE = new MachineFacts(2, "Linux 6.1", "amd64", 0.012);
    private static final Versions VERSIONS = new Versions("0.1", "25", "0.1", "0.1");

    @TempDir
    Path folder;

    @Test
    void aReportIsWrittenWholeAndReadBack() throws IOException {
        Report report = sample();
        Path file = folder.resolve("new/report.json");
        ReportJson.write(report, file);

        assertThat(ReportJson.read(file)).isEqualTo(report);
        try (var left = Files.list(file.getParent())) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void aReportKeepsToItsSchema() throws IOException {
        assertThat(schema().validate(ReportJson.text(sample()), InputFormat.JSON))
                .isEmpty();
    }

    @Test
    void theSchemaRefusesWhatIsNoReport() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode tree = (ObjectNode) mapper.readTree(ReportJson.text(sample()));
        ((ObjectNode) tree.get("runs").get(0)).put("strategy", "hope");
        assertThat(schema().validate(mapper.writeValueAsString(tree), InputFormat.JSON))
                .isNotEmpty();

        ObjectNode without = (ObjectNode) mapper.readTree(ReportJson.text(sample()));
        ((ObjectNode) without.get("runs").get(0).get("timeline").get(0)).remove("answerHandled");
        assertThat(schema().validate(mapper.writeValueAsString(without), InputFormat.JSON))
                .isNotEmpty();
    }

    @Test
    void percentilesAreValuesThatOccurred() {
        Quantiles quantiles = Quantiles.ofNanos(LongStream.rangeClosed(1, 16).map(i -> i * 1_000_000));

        assertThat(quantiles).isEqualTo(new Quantiles(8.0, 16.0, 16.0, 136.0));
        assertThat(Quantiles.ofNanos(LongStream.of(2_000_000))).isEqualTo(new Quantiles(2.0, 2.0, 2.0, 2.0));
        assertThat(Quantiles.ofNanos(LongStream.empty())).isEqualTo(new Quantiles(null, null, null, 0));
        assertThat(Quantiles.ofNanos(LongStream.rangeClosed(1, 200).map(i -> i * 1_000_000))
                        .p99())
                .isEqualTo(198.0);
    }

    @Test
    void aMedianOfAnEvenNumberIsTheMeanOfTheMiddle() {
        assertThat(Spread.of(List.of(9.0, 1.0, 2.0, 4.0))).isEqualTo(new Spread(3, 1, 9, 4));
        assertThat(Spread.of(List.of(9.0, 1.0, 2.0))).isEqualTo(new Spread(2, 1, 9, 3));
        assertThat(Spread.of(List.of())).isNull();
    }

    @Test
    void theHiddenRatioIsSumOverSumAndNullWhereNobodyWaits() {
        // Four round trips of 4 ms; the importer asks at 2.3 ms: it waits for what is left of each.
        ReportRun deferred = Runs.full(RegistrationStrategy.DEFERRED);
        assertThat(deferred.registrationMillis().sum()).isEqualTo(16);
        assertThat(deferred.hiddenRatio()).isCloseTo(deferred.hiddenMillis().sum() / 16, within(0.001));
        assertThat(deferred.hiddenRatio()).isBetween(0.1, 0.9);

        assertThat(Runs.full(RegistrationStrategy.UNSYNCHRONISED).hiddenRatio()).isNull();
        assertThat(Runs.full(RegistrationStrategy.BLOCK_AT_ALLOCATION).hiddenRatio())
                .isZero();
    }

    @Test
    void aCellsMediansComeFromItsStartupRunsAndItsDigestFromTheFullOne() {
        List<ReportRun> runs = List.of(
                Runs.run(RegistrationStrategy.DEFERRED, RunMode.STARTUP, 4).withFloor(10),
                Runs.run(RegistrationStrategy.DEFERRED, RunMode.FULL, 4),
                Runs.run(RegistrationStrategy.DEFERRED, RunMode.STARTUP, 4).withFloor(12));
        MedianRow row = MedianRow.over(runs).getFirst();

        assertThat(row.startupMillis()).isEqualTo(new Spread(22, 22, 22, 2));
        assertThat(row.framesDigest()).isEqualTo(Runs.DIGEST);
        assertThat(row.floorMillis()).isEqualTo(new Spread(11, 10, 12, 2));
        // Allocation 2, floor 11; the last answer at 5.6 came 0.6 after the end of the set-up at 5.
        assertThat(row.aimMillis()).isCloseTo(1.1 * (2 + 11 + 0.6) + 3, within(0.001));
        assertThat(row.withinAim()).isFalse();
    }

    @Test
    void aBlockingStrategyHasNoAim() {
        MedianRow row = MedianRow.over(
                        List.of(Runs.full(RegistrationStrategy.BLOCK_AT_EXPORT).withFloor(10)))
                .getFirst();

        assertThat(row.aimMillis()).isNull();
        assertThat(row.withinAim()).isTrue();
    }

    @Test
    void mediansStandInTheSameOrderHoweverTheRunsWereShuffled() {
        List<ReportRun> runs = new ArrayList<>(runs());
        List<MedianRow> rows = MedianRow.over(runs);
        assertThat(rows).extracting(MedianRow::strategy).startsWith("block-at-allocation", "block-at-export");
        Collections.shuffle(runs, new Random(3));

        assertThat(MedianRow.over(runs)).isEqualTo(rows);
    }

    @Test
    void theTableHasALineForEachCell() {
        String table = ReportTable.of(sample());

        assertThat(table.lines().filter(line -> line.contains("2 ms / 2 ms"))).hasSize(5);
        assertThat(table)
                .contains("block-at-allocation", "unsynchronised", "equal", "2 cpus, steal 1.2%")
                .doesNotContain("DIFFERENT");
    }

    @Test
    void theTableShoutsWhenTheFramesDiffer() {
        assertThat(ReportTable.of(Report.of(VERSIONS, CLIP, MACHINE, 1, "0".repeat(64), runs())))
                .contains("DIFFERENT");
    }

    @Test
    void stealIsTheShareOfAllTicksBetween() {
        CpuTimes before = CpuTimes.parse(List.of("cpu  100 0 100 800 0 0 0 0 50 0", "cpu0 1 1 1 1 1 1 1 1 1 1"));
        CpuTimes after = CpuTimes.parse(List.of("cpu  150 0 100 830 0 0 0 20 70 0"));

        assertThat(after.stealShareSince(before)).isEqualTo(0.2);
        assertThat(before.stealShareSince(before)).isNull();
        assertThat(CpuTimes.parse(List.of("cpu  1 2 3 4"))).isEqualTo(CpuTimes.UNKNOWN);
    }

    private static Report sample() {
        return Report.of(VERSIONS, CLIP, MACHINE, 42, Runs.DIGEST, runs());
    }

    private static List<ReportRun> runs() {
        return Arrays.stream(RegistrationStrategy.values())
                .flatMap(strategy ->
                        List.of(
                                Runs.run(strategy, RunMode.STARTUP, 4).withFloor(18),
                                Runs.run(strategy, RunMode.FULL, 4))
                                .stream())
                .toList();
    }

    private static Schema schema() throws IOException {
        String text = Files.readString(Path.of("../docs/report.schema.json"));
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(text, InputFormat.JSON);
    }
}
