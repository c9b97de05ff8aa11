package dev.crossdev.virtio.timing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Time that passes only when a test says so, and whose alarms go off on the test's own thread. */
final class ManualTicker implements Ticker {

    private final List<ManualAlarm> alarms = new ArrayList<>();
    // Close to the overflow of nanoTime, so that only differences work.
    private long now = Long.MAX_VALUE - 3_000_000;

    private static final class ManualAlarm implements Alarm {
        private final Runnable task;
        private Optional<Long> due = Optional.empty();
        private boolean closed;

        ManualAlarm(Runnable task) {
            this.task = task;
        }

        @Override
        public void at(long nanos) {
            due = closed ? Optional.empty() : Optional.of(nanos);
        }

        @Override
        public void close() {
            closed = true;
            due = Optional.empty();
        }
    }

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public Alarm alarm(String name, Runnable task) {
        ManualAlarm alarm = new ManualAlarm(task);
        alarms.add(alarm);
        return alarm;
    }

    /** Nothing is going to happen. */
    boolean isQuiet() {
        return alarms.stream().allMatch(alarm -> alarm.due.isEmpty());
    }

    void advance(Duration time) {
        long end = now + time.toNanos();
        while (true) {
            Optional<ManualAlarm> next = alarms.stream()
                    .filter(alarm -> alarm.due.isPresent() && alarm.due.get() - end <= 0)
                    .min((left, right) -> Long.signum(left.due.orElseThrow() - right.due.orElseThrow()));
            if (next.isEmpty()) {
                now = end;
                return;
            }
            ManualAlarm alarm = next.get();
            now = Math.max(alarm.due.orElseThrow() - now, 0) + now;
            alarm.due = Optional.empty();
            alarm.task.run();
        }
    }

    void advanceMillis(long millis) {
        advance(Duration.ofMillis(millis));
    }
}
