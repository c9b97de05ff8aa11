package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Duration;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.HostPort;
import dev.crossdev.guest.strategy.RegistrationStrategy;
import dev.crossdev.proto.admin.v1.AnswerTwice;
import dev.crossdev.proto.admin.v1.ClearFaultsRequest;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.admin.v1.Fault;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.proto.admin.v1.InjectFaultRequest;
import dev.crossdev.system.Checkout.Command;
import dev.crossdev.system.Dashboard.Panel;
import dev.crossdev.system.Prometheus.Sample;
import dev.crossdev.testing.RequiresProgram;
import dev.crossdev.virtio.gpu.GpuResult;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every expression of every dashboard and alert, run by a real Prometheus over the two services and a guest under load:
 * first in health, then with a slow device, then with a broken one.
 */
@RequiresProgram("prometheus")
@ExtendWith(SharedServices.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DashboardsTest {

    private static final java.time.Duration PATIENCE = java.time.Duration.ofSeconds(120);

    private static final int BUFFERS = 4;

    /** One of each strategy. */
    private static final int TURN = RegistrationStrategy.values().length;

    /** Grafana takes four scrapes; a machine under test load misses some. */
    private static final String RATE_INTERVAL = "10s";

    /** What is rightly empty as long as nothing is wrong. */
    private static final Set<String> EMPTY_IN_HEALTH = Set.of("Refused commands", "Calls that failed");

    /**
     * The alerts that the test can provoke within its time, whatever the machine's speed. The windows of others are hours, and
     * whether a deferral hides is a matter of a machine's own times: promtool has tested those.
     */
    private static final List<String> PROVOKED = List.of("UuidRegistrationsFailing", "VirtioProtocolViolations");

    private static final Pattern VARIABLE = Pattern.compile("label_values\\((.+), (\\w+)\\)");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    private final List<Dashboard> dashboards = Dashboard.all();
    private final Map<String, List<Sample>> healthy = new LinkedHashMap<>();
    private final Map<String, List<Sample>> slow = new LinkedHashMap<>();
    private final Map<String, List<Sample>> broken = new LinkedHashMap<>();
    private final ManagedChannel gpu;
    private final Services services;

    @SuppressWarnings("NullAway.Init")
    private Command load;

    @SuppressWarnings("NullAway.Init")
    private Prometheus prometheus;

    DashboardsTest(Services services) {
        this.services = services;
        this.gpu = Channels.plaintext(
                services.gpu().address().host(), services.gpu().address().port());
    }

    @BeforeAll
    void start() {
        load = Checkout.crossdev(
                "load",
                "--rate",
                "20",
                "--buffers",
                Integer.toString(BUFFERS),
                "--strategy",
                Arrays.stream(RegistrationStrategy.values())
                        .map(RegistrationStrategy::toString)
                        .collect(Collectors.joining(",")),
                "--gpu",
                services.gpu().address().toString(),
                "--video",
                services.video().address().toString(),
                "--metrics-port",
                "0",
                Checkout.HOME
                        .resolve("media/src/test/resources/sample-64x48.mp4")
                        .toString());
        prometheus = Prometheus.start(
                folder,
                Map.of(
                        "gpu-service", services.gpu().management(),
                        "video-service", services.video().management(),
                        "guest", loadsMeters()),
                Checkout.HOME.resolve("deploy/alerts/crossdev.rules.yml"));
        await().atMost(PATIENCE).until(prometheus::isReady);
    }

    @AfterAll
    void stop() {
        try {
            clearFaults();
            load.interrupt();
            load.await(PATIENCE);
        } finally {
            gpu.shutdownNow();
            prometheus.close();
        }
    }

    @Test
    void everyExpressionOfEveryPanelAndAlertHasAnAnswer() throws IOException {
        Map<String, String> alerts = prometheus.alerts();
        List<Panel> panels =
                dashboards.stream().flatMap(each -> each.panels().stream()).toList();

        Set<String> inHealth = expressions(panels.stream()
                .filter(panel -> !EMPTY_IN_HEALTH.contains(panel.title()))
                .toList());
        Set<String> inTrouble = expressions(panels.stream()
                .filter(panel -> EMPTY_IN_HEALTH.contains(panel.title()))
                .toList());
        PROVOKED.forEach(alert -> inTrouble.add(alerts.get(alert)));
        alerts.values().forEach(alert -> inTrouble.addAll(operands(alert)));

        rounds(3 * TURN, "ok");
        answers(healthy, inHealth, () -> {});
        healthy.putAll(now(expressions(panels)));

        inject(Fault.newBuilder()
                .setAnswerLate(Duration.newBuilder().setNanos((int) TimeUnit.MILLISECONDS.toNanos(900)))
                .setCount(BUFFERS));
        rounds(TURN, "ok");
        slow.putAll(now(expressions(panels)));

        clearFaults();
        inject(Fault.newBuilder()
                .setAnswerTwice(AnswerTwice.getDefaultInstance())
                .setCount(1));
        inject(Fault.newBuilder().setAnswerCode(GpuResult.ERR_UNSPEC.number()).setCount(1));
        rounds(2 * TURN, "failed");
        answers(broken, inTrouble, () -> assertThat(statusOfUnknownDevice()).isEqualTo(Status.Code.NOT_FOUND));
        broken.putAll(now(expressions(panels)));

        Set<String> run = new TreeSet<>(healthy.keySet());
        run.addAll(broken.keySet());
        assertThat(run).containsAll(expressions(panels));
        System.out.printf(
                "%d expressions of %d panels and %d alerts (%d provoked whole) had an answer from Prometheus %s%n",
                run.size(), panels.size(), alerts.size(), PROVOKED.size(), prometheus.version());
        Files.writeString(
                Path.of("target/dashboards.md"),
                new DashboardsPage(healthy, slow, broken).of(dashboards, RATE_INTERVAL));
    }

    @Test
    void everyVariableHasValues() {
        for (Dashboard dashboard : dashboards) {
            assertThat(dashboard.variables().getFirst().path("type").asText()).isEqualTo("datasource");
            for (JsonNode variable :
                    dashboard.variables().subList(1, dashboard.variables().size())) {
                Matcher query =
                        VARIABLE.matcher(variable.path("query").path("query").asText());
                assertThat(query.matches()).as(variable.toString()).isTrue();
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(prometheus.labelValues(query.group(2), query.group(1)))
                                .as(variable.path("name").asText())
                                .isNotEmpty());
            }
        }
    }

    @Test
    void aDashboardCanBeProvisioned() {
        assertThat(dashboards)
                .extracting(Dashboard::uid)
                .containsExactly("crossdev-devices", "crossdev-service-health", "crossdev-uuid-registration");
        for (Dashboard dashboard : dashboards) {
            assertThat(dashboard.json().path("id").isNull()).isTrue();
            assertThat(dashboard.json().has("__inputs")).isFalse();
            assertThat(dashboard.json().findValuesAsText("uid").stream()
                            .filter(uid -> !uid.equals(dashboard.uid()))
                            .distinct())
                    .containsExactly("${datasource}");
            assertThat(dashboard.panels())
                    .allSatisfy(panel ->
                            assertThat(panel.description()).as(panel.title()).isNotBlank());
        }
    }

    @Test
    void everyPanelIsExplainedInTheDocuments() throws IOException {
        String page = Files.readString(Checkout.HOME.resolve("docs/observability.md"));
        for (Dashboard dashboard : dashboards) {
            for (Panel panel : dashboard.panels()) {
                assertThat(page).contains("#### " + panel.title()).contains(panel.expressions());
            }
        }
    }

    /** A UUID, a resource or a guest's name would make a series for each buffer or tenant. */
    @Test
    void noSeriesIsOfABufferOrATenant() {
        await().atMost(PATIENCE)
                .until(() -> !prometheus
                        .query("virtio_uuid_registration_seconds_count")
                        .isEmpty());
        List<Sample> own = prometheus.query("{__name__=~\"(virtio|grpc|crossdev)_.*\"}");
        Set<String> labels = own.stream()
                .flatMap(sample -> sample.labels().keySet().stream())
                .collect(Collectors.toSet());
        assertThat(labels)
                .isSubsetOf(
                        "__name__",
                        "instance",
                        "job",
                        "le",
                        "device",
                        "command",
                        "response",
                        "strategy",
                        "outcome",
                        "where",
                        "path",
                        "state",
                        "kind",
                        "service",
                        "method",
                        "methodType",
                        "statusCode");
        assertThat(own)
                .noneMatch(sample -> sample.labels().values().stream()
                        .anyMatch(value ->
                                value.startsWith("load-") || value.matches("vm\\d+|.*[0-9a-f]{8}-[0-9a-f]{4}-.*")));
    }

    private static Set<String> expressions(List<Panel> panels) {
        return panels.stream()
                .flatMap(panel -> panel.expressions().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What an alert compares: its conditions without their limits. */
    private static List<String> operands(String alert) {
        return Arrays.stream(alert.split("\\s+and (?:on \\(\\) )?\\s*"))
                .map(condition -> condition.replaceFirst("\\s+(?:>|==)\\s+[\\d.]+\\s*$", ""))
                .toList();
    }

    /**
     * Waits until each has had an answer.
     *
     * @param provocation done again before each attempt
     */
    private void answers(Map<String, List<Sample>> into, Set<String> expressions, Runnable provocation) {
        await().atMost(PATIENCE).pollInterval(java.time.Duration.ofSeconds(1)).untilAsserted(() -> {
            provocation.run();
            into.putAll(now(expressions));
            assertThat(into.keySet())
                    .as("expressions with an answer; the load says:\n" + load.output())
                    .containsAll(expressions);
        });
    }

    /** Waits for a few more rounds that end so, enough for a rate. */
    private void rounds(int rounds, String outcome) {
        String ended = "sum(crossdev_load_rounds_total{outcome=\"" + outcome + "\"})";
        double before = total(ended);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(total(ended)).as(load.output()).isGreaterThanOrEqualTo(before + rounds));
    }

    private double total(String expression) {
        return prometheus.query(expression).stream().mapToDouble(Sample::value).sum();
    }

    /** What has an answer. A quotient of nothing by nothing is none. */
    private Map<String, List<Sample>> now(Set<String> expressions) {
        Map<String, List<Sample>> answers = new LinkedHashMap<>();
        for (String expression : expressions) {
            List<Sample> samples = prometheus.query(Dashboard.resolve(expression, RATE_INTERVAL)).stream()
                    .filter(sample -> !Double.isNaN(sample.value()))
                    .toList();
            if (!samples.isEmpty()) {
                answers.put(expression, samples);
            }
        }
        return answers;
    }

    private HostPort loadsMeters() {
        return await().atMost(PATIENCE).until(load::meters, Optional::isPresent).orElseThrow();
    }

    /** In each device, the load's next one included. */
    private void inject(Fault.Builder fault) {
        var _ = admin().injectFault(InjectFaultRequest.newBuilder()
                .setFault(fault.setCommand("RESOURCE_ASSIGN_UUID"))
                .build());
    }

    private void clearFaults() {
        var _ = admin().clearFaults(ClearFaultsRequest.getDefaultInstance());
    }

    private Status.Code statusOfUnknownDevice() {
        try {
            var _ = admin().getDevice(GetDeviceRequest.newBuilder()
                    .setGuest("nobody")
                    .setDevice("vm0")
                    .build());
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    private DeviceAdminGrpc.DeviceAdminBlockingStub admin() {
        return DeviceAdminGrpc.newBlockingStub(gpu).withDeadlineAfter(10, TimeUnit.SECONDS);
    }
}
