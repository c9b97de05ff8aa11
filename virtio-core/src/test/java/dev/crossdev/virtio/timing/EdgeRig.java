package dev.crossdev.virtio.timing;

import dev.crossdev.virtio.Device;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** An edge around a device that notes what reaches it, with answers noted as {@code command@milliseconds}. */
final class EdgeRig {

    final ManualTicker ticker = new ManualTicker();
    final FaultPlan faults = new FaultPlan();
    final EchoDevice device = new EchoDevice();
    final DeviceEdge<String, String> edge;
    final List<String> answers = new ArrayList<>();
    final List<Answered<String>> stamped = new ArrayList<>();
    private final long start = ticker.nanoTime();

    EdgeRig(String transit, String service) {
        edge = new DeviceEdge<>(
                "test",
                device,
                new Protocol(),
                new DeviceTiming(Latency.parse(transit), Latency.parse(service)),
                faults,
                1,
                ticker);
    }

    void submit(String... commands) {
        for (String command : commands) {
            edge.submit(command, answered -> {
                stamped.add(answered);
                answers.add(answered.response() + "@" + millis(ticker.nanoTime()));
            });
        }
    }

    long millis(long nanos) {
        return (nanos - start) / 1_000_000;
    }

    /** Answers at once, but for commands that begin with "hold". */
    final class EchoDevice implements Device<String, String> {
        final List<String> seen = new ArrayList<>();
        final Deque<Runnable> held = new ArrayDeque<>();
        int resets;
        int closes;

        @Override
        public void submit(String command, Consumer<? super String> done) {
            seen.add(command + "@" + millis(ticker.nanoTime()));
            if (command.startsWith("throw")) {
                throw new IllegalStateException("broken on purpose");
            }
            if (command.startsWith("hold")) {
                held.add(() -> done.accept(command));
            } else {
                done.accept(command);
            }
        }

        @Override
        public byte[] config() {
            return new byte[0];
        }

        @Override
        public void writeConfig(int offset, byte[] bytes) {}

        @Override
        public void reset() {
            resets++;
        }

        @Override
        public void close() {
            closes++;
        }
    }

    static final class Protocol implements FaultyResponses<String, String> {
        @Override
        public String nameOf(String command) {
            return command.replaceAll("[0-9]", "").toUpperCase(Locale.ROOT);
        }

        @Override
        public String error(String command, int code) {
            return command + "!" + Integer.toHexString(code);
        }

        @Override
        public String failed(String command) {
            return command + "!failed";
        }

        @Override
        public String withOtherUuid(String response) {
            return response + "'";
        }
    }
}
