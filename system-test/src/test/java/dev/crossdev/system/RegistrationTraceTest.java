package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crossdev.system.Checkout.Ended;
import dev.crossdev.system.SpanCollector.Collected;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * With a collector, a registration is one trace over the guest and both services. Leaves one of them as text in
 * {@code target/trace.txt}, for {@code docs/refresh.sh trace}.
 */
class RegistrationTraceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final String CLIP =
            Checkout.HOME.resolve("media/src/test/resources/sample-64x48.mp4").toString();
    private static final int BUFFERS = 4;
    private static final long TRANSIT_NANOS = Duration.ofMillis(20).toNanos();

    /** Whatever the bus adds, a command's span at its device is the device's time. */
    @Test
    void aRegistrationIsOneTraceOverTheGuestAndBothServices() throws Exception {
        List<List<Collected>> traces = play("deferred", "--transit", "20ms");
        // The warm-up and the run itself; a floor has no traces.
        assertThat(traces).hasSize(2 * BUFFERS);
        for (List<Collected> trace : traces) {
            Collected registration = root(trace);
            assertThat(registration.attribute("crossdev.strategy")).isEqualTo("deferred");
            assertThat(registration.span().getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_UNSET);
            assertThat(children(trace, registration))
                    .extracting(Collected::name)
                    .filteredOn(name -> !name.equals("first frame"))
                    .containsExactly("RESOURCE_ASSIGN_UUID", "get_uuid", "RESOURCE_CREATE");

            Collected asked = child(trace, registration, "crossdev-guest", "RESOURCE_ASSIGN_UUID");
            Collected assigned = child(trace, asked, "gpu-service", "RESOURCE_ASSIGN_UUID");
            assertThat(assigned.attribute("virtio.result")).isEqualTo("OK_RESOURCE_UUID");
            assertThat(assigned.attribute("virtio.uuid")).isNotEmpty().isEqualTo(registration.attribute("virtio.uuid"));
            assertThat(assigned.attribute("virtio.resource")).isEqualTo(registration.attribute("virtio.resource"));
            assertThat(assigned.attribute("virtio.guest")).isEqualTo(registration.attribute("virtio.guest"));
            assertThat(duration(asked)).isGreaterThanOrEqualTo(2 * TRANSIT_NANOS);
            assertWithin(asked, assigned);

            Collected waited = child(trace, registration, "crossdev-guest", "get_uuid");
            assertThat(end(waited)).isGreaterThanOrEqualTo(end(asked));

            Collected imports = child(trace, registration, "crossdev-guest", "RESOURCE_CREATE");
            assertThat(start(imports)).isGreaterThanOrEqualTo(end(waited));
            Collected created = child(trace, imports, "video-service", "RESOURCE_CREATE");
            assertThat(created.attribute("virtio.result")).isEqualTo("OK_NODATA");
            assertWithin(imports, created);
            Collected imported = child(trace, created, "video-service", "import");
            assertThat(imported.attribute("virtio.uuid")).isEqualTo(registration.attribute("virtio.uuid"));
            assertThat(imported.attribute("virtio.path")).isEqualTo("shm");
            Collected attached = child(trace, imported, "gpu-service", "virtio.objects.v1.SharedObjects/Attach");
            assertThat(attached.span().getKind()).isEqualTo(SpanKind.SPAN_KIND_SERVER);

            assertThat(trace)
                    .as("nothing lies beside these")
                    .filteredOn(span -> !span.name().equals("first frame"))
                    .hasSize(8);
        }
        Files.writeString(Path.of("target", "trace.txt"), text(traces.getLast()));
    }

    @Test
    void whereAStrategyWaitsElsewhereTheWaitIsAPhaseToo() throws Exception {
        List<List<Collected>> traces = play("block-at-allocation", "--transit", "20ms");
        assertThat(traces).hasSize(2 * BUFFERS).allSatisfy(trace -> {
            Collected registration = root(trace);
            Collected blocked = child(trace, registration, "crossdev-guest", "blocked in allocation");
            assertThat(duration(blocked)).isGreaterThanOrEqualTo(TRANSIT_NANOS);
            assertThat(registration.attribute("crossdev.hidden_ns")).isNotEmpty();
        });
    }

    /** The creation of a blob for other devices belongs to its registration. */
    @Test
    void aBlobsTraceBeginsWithItsCreation() throws Exception {
        List<List<Collected>> traces = play("eager-deferred", "--blob");
        assertThat(traces).hasSize(2 * BUFFERS).allSatisfy(trace -> {
            Collected creates = child(trace, root(trace), "crossdev-guest", "RESOURCE_CREATE_BLOB");
            assertThat(child(trace, creates, "gpu-service", "RESOURCE_CREATE_BLOB")
                            .attribute("virtio.result"))
                    .isEqualTo("OK_NODATA");
        });
    }

    /** Runs with services of its own; they have sent everything when they have ended. */
    private static List<List<Collected>> play(String strategy, String... more) throws IOException {
        try (SpanCollector collector = new SpanCollector("127.0.0.1", 0)) {
            String[] options = {
                "play",
                CLIP,
                "--strategy",
                strategy,
                "--buffers",
                Integer.toString(BUFFERS),
                "--out",
                Files.createTempDirectory(Path.of("target"), "traced").toString(),
                "--otlp",
                "http://127.0.0.1:" + collector.port()
            };
            Ended ended = Checkout.crossdev(Stream.concat(Arrays.stream(options), Arrays.stream(more))
                            .toArray(String[]::new))
                    .await(PATIENCE);
            assertThat(ended.exitCode()).as(ended.output()).isZero();
            Map<ByteString, List<Collected>> byTrace = collector.spans().stream()
                    .collect(Collectors.groupingBy(span -> span.span().getTraceId()));
            return byTrace.values().stream()
                    .filter(trace -> trace.stream().anyMatch(span -> span.name().equals("registration")))
                    .sorted(Comparator.comparing(trace -> start(root(trace))))
                    .toList();
        }
    }

    private static Collected root(List<Collected> trace) {
        List<Collected> roots = trace.stream()
                .filter(span -> span.span().getParentSpanId().isEmpty())
                .toList();
        assertThat(roots).as("roots of a trace").hasSize(1);
        assertThat(roots.getFirst().service()).isEqualTo("crossdev-guest");
        return roots.getFirst();
    }

    private static List<Collected> children(List<Collected> trace, Collected parent) {
        return trace.stream()
                .filter(span ->
                        span.span().getParentSpanId().equals(parent.span().getSpanId()))
                .sorted(Comparator.comparing(RegistrationTraceTest::start))
                .toList();
    }

    private static Collected child(List<Collected> trace, Collected parent, String service, String name) {
        List<Collected> found = children(trace, parent).stream()
                .filter(span -> span.name().equals(name) && span.service().equals(service))
                .toList();
        assertThat(found)
                .as("%s of %s under %s in%n%s", name, service, parent.name(), text(trace))
                .hasSize(1);
        return found.getFirst();
    }

    /** Another process's span, with a transit between the two on either side: no clock is off by as much. */
    private static void assertWithin(Collected outer, Collected inner) {
        assertThat(start(inner)).isBetween(start(outer), end(outer));
        assertThat(end(inner)).isBetween(start(outer), end(outer));
    }

    private static long start(Collected span) {
        return span.span().getStartTimeUnixNano();
    }

    private static long end(Collected span) {
        return span.span().getEndTimeUnixNano();
    }

    private static long duration(Collected span) {
        return end(span) - start(span);
    }

    /** The trace as a tree: when each span began and how long it took, in ms from the trace's start. */
    private static String text(List<Collected> trace) {
        StringBuilder text = new StringBuilder(String.format("%-62s %9s %9s%n", "", "at ms", "took ms"));
        append(text, trace, root(trace), root(trace), "");
        return text.toString();
    }

    private static void append(
            StringBuilder text, List<Collected> trace, Collected root, Collected span, String indent) {
        text.append(String.format(
                Locale.ROOT,
                "%-62s %9.3f %9.3f%n",
                indent + span.service() + "  " + span.name(),
                (start(span) - start(root)) / 1e6,
                duration(span) / 1e6));
        children(trace, span).forEach(child -> append(text, trace, root, child, indent + "  "));
    }
}
