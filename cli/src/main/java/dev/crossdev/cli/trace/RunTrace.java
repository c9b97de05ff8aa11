package dev.crossdev.cli.trace;

import dev.crossdev.cli.report.ReportRun;
import dev.crossdev.cli.report.TimelineEntry;
import dev.crossdev.cli.report.TimelineEntry.WaitEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The events of one run. The guest and gpu-service are a process each. In the guest a buffer has three threads, so that on
 * each of them slices only ever nest: its calls, its registration in flight, and who was blocked; arrows lead from the
 * registration to the device's work on it and back.
 */
final class RunTrace {

    /** The guest and gpu-service. */
    static final int PROCESSES = 2;

    private static final int STARTUP_THREAD = 1;
    private static final int SETUP_THREAD = 2;
    private static final int FIRST_BUFFER_THREAD = 10;
    private static final int THREADS_PER_BUFFER = 3;

    private final ReportRun run;
    private final int guest;
    private final int gpu;
    private final int firstFlow;
    private final double zero;
    private final List<TraceEvent> events = new ArrayList<>();

    private RunTrace(ReportRun run, int number) {
        this.run = run;
        guest = number * PROCESSES + 1;
        gpu = guest + 1;
        firstFlow = (number << Short.SIZE) + 1;
        zero = Math.min(0, earliest(run));
    }

    /**
     * @param number of the run within the trace, from 0; sets its processes and flows apart from other runs'
     */
    static List<TraceEvent> of(ReportRun run, int number) {
        RunTrace trace = new RunTrace(run, number);
        trace.names();
        trace.pipeline();
        run.timeline().forEach(trace::buffer);
        return trace.events;
    }

    private void names() {
        String title = "%s, %d buffers%s, transit %s/%s (%s)"
                .formatted(
                        run.strategy(),
                        run.buffers(),
                        run.batch() ? " in a batch" : "",
                        micros(run.gpuTransitMicros()),
                        micros(run.videoTransitMicros()),
                        run.mode());
        process(guest, "guest: " + title);
        process(gpu, "gpu-service: " + title);
        thread(guest, STARTUP_THREAD, "start-up");
        thread(guest, SETUP_THREAD, "decoder set-up");
    }

    /** Times count from the first allocation, or from the set-up where the buffers were there before. */
    private void pipeline() {
        events.add(TraceEvent.complete(
                "start-up",
                guest,
                STARTUP_THREAD,
                at(0),
                at(run.startupMillis() * 1e3),
                Map.of("allocationMillis", run.allocationMillis(), "importFailures", run.importFailures())));
        events.add(TraceEvent.complete(
                "decoder set-up",
                guest,
                SETUP_THREAD,
                at((run.setupEndMillis() - run.setupMillis()) * 1e3),
                at(run.setupEndMillis() * 1e3),
                Map.of()));
    }

    private void buffer(TimelineEntry entry) {
        int calls = FIRST_BUFFER_THREAD + entry.buffer() * THREADS_PER_BUFFER;
        int registration = calls + 1;
        int blocked = calls + 2;
        thread(guest, calls, "buffer %d: calls".formatted(entry.buffer()));
        thread(guest, registration, "buffer %d: registration".formatted(entry.buffer()));
        thread(guest, blocked, "buffer %d: blocked".formatted(entry.buffer()));
        thread(gpu, calls, "buffer %d".formatted(entry.buffer()));

        instant("allocated", calls, entry.allocated());
        instant("exported", calls, entry.exported());
        slice("get_uuid", guest, calls, entry.getUuidCalled(), entry.getUuidReturned(), Map.of());
        slice("import", guest, calls, entry.getUuidReturned(), entry.imported(), Map.of());
        instant("first frame on the scanout", calls, entry.firstFrame());

        slice(
                "RESOURCE_ASSIGN_UUID in flight",
                guest,
                registration,
                entry.registrationSent(),
                entry.answerHandled(),
                Map.of());
        slice(
                "RESOURCE_ASSIGN_UUID",
                gpu,
                calls,
                entry.deviceReceived(),
                entry.deviceAnswered(),
                Map.of("estimated", entry.estimated()));
        int flow = firstFlow + 2 * entry.buffer();
        flow("request", flow, guest, registration, entry.registrationSent(), gpu, calls, entry.deviceReceived());
        flow("answer", flow + 1, gpu, calls, entry.deviceAnswered(), guest, registration, entry.answerHandled());

        for (WaitEntry wait : entry.waits()) {
            slice("blocked in " + wait.where(), guest, blocked, wait.start(), wait.end(), Map.of());
        }
    }

    private void slice(
            String name,
            int process,
            int thread,
            @Nullable Double start,
            @Nullable Double end,
            Map<String, Object> arguments) {
        if (start != null && end != null) {
            events.add(TraceEvent.complete(name, process, thread, at(start), at(end), arguments));
        }
    }

    private void instant(String name, int thread, @Nullable Double when) {
        if (when != null) {
            events.add(TraceEvent.instant(name, guest, thread, at(when)));
        }
    }

    /** Where a fault kept the answer from coming, the arrow would lead nowhere: it is left out. */
    private void flow(
            String name,
            int id,
            int fromProcess,
            int fromThread,
            @Nullable Double from,
            int toProcess,
            int toThread,
            @Nullable Double to) {
        if (from != null && to != null) {
            events.add(TraceEvent.flowStart(name, id, fromProcess, fromThread, at(from)));
            events.add(TraceEvent.flowEnd(name, id, toProcess, toThread, at(to)));
        }
    }

    private void process(int process, String name) {
        events.add(TraceEvent.metadata("process_name", process, 0, "name", name));
        events.add(TraceEvent.metadata("process_sort_index", process, 0, "sort_index", process));
    }

    private void thread(int process, int thread, String name) {
        events.add(TraceEvent.metadata("thread_name", process, thread, "name", name));
        events.add(TraceEvent.metadata("thread_sort_index", process, thread, "sort_index", thread));
    }

    /** Nothing below a nanosecond was ever measured. */
    private double at(double micros) {
        return Math.round((micros - zero) * 1e3) / 1e3;
    }

    /** What came before the run's start, such as the exports of a floor run, has negative times; a trace has none. */
    private static double earliest(ReportRun run) {
        return run.timeline().stream()
                .flatMapToDouble(entry -> Stream.of(
                                entry.allocated(), entry.exported(), entry.registrationSent(), entry.deviceReceived())
                        .filter(Objects::nonNull)
                        .flatMapToDouble(DoubleStream::of))
                .min()
                .orElse(0);
    }

    private static String micros(long micros) {
        return String.format(Locale.ROOT, "%.1f ms", micros / 1e3);
    }
}
