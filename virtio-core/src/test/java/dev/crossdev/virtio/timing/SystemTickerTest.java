package dev.crossdev.virtio.timing;

import static java.util.concurrent.TimeUnit.MICROSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Real time: bounds are wide, for the machine may be busy with anything. */
class SystemTickerTest {

    @Test
    void anAlarmNeverGoesOffEarlyAndIsMostlyClose() throws Exception {
        BlockingQueue<Long> rung = new LinkedBlockingQueue<>();
        List<Long> overshoots = new ArrayList<>();
        try (Ticker.Alarm alarm = SystemTicker.INSTANCE.alarm("test", () -> rung.add(System.nanoTime()))) {
            for (int i = 0; i < 100; i++) {
                long due = System.nanoTime() + MICROSECONDS.toNanos(500);
                alarm.at(due);
                Long at = rung.poll(10, SECONDS);
                assertThat(at).isNotNull();
                overshoots.add(at - due);
            }
        }
        overshoots.sort(null);
        System.Logger log = System.getLogger(SystemTickerTest.class.getName());
        log.log(
                System.Logger.Level.INFO,
                "alarm overshoot in ns: min {0}, median {1}, max {2}",
                overshoots.getFirst(),
                overshoots.get(50),
                overshoots.getLast());
        assertThat(overshoots.getFirst()).isNotNegative();
        assertThat(overshoots.getFirst()).isLessThan(MICROSECONDS.toNanos(1000));
    }

    @Test
    void anEarlierTimeReplacesALaterOne() throws Exception {
        BlockingQueue<Long> rung = new LinkedBlockingQueue<>();
        try (Ticker.Alarm alarm = SystemTicker.INSTANCE.alarm("test", () -> rung.add(System.nanoTime()))) {
            alarm.at(System.nanoTime() + SECONDS.toNanos(3600));
            alarm.at(System.nanoTime());

            assertThat(rung.poll(10, SECONDS)).isNotNull();
        }
    }

    @Test
    void theThreadOfAnAlarmEndsWhenTheAlarmIsClosedOrHasNothingToDo() {
        String name = "alarm of " + SystemTickerTest.class.getSimpleName();
        AtomicInteger rung = new AtomicInteger();
        Ticker.Alarm closed = SystemTicker.INSTANCE.alarm(name, rung::incrementAndGet);
        closed.at(System.nanoTime() + SECONDS.toNanos(3600));
        assertThat(threadsNamed(name)).isOne();

        closed.close();
        closed.at(System.nanoTime());
        await().until(() -> threadsNamed(name) == 0);
        assertThat(rung).hasValue(0);

        try (Ticker.Alarm idle = SystemTicker.INSTANCE.alarm(name, rung::incrementAndGet)) {
            idle.at(System.nanoTime());
            await().until(() -> rung.get() == 1);
            await().atMost(Duration.ofSeconds(20)).until(() -> threadsNamed(name) == 0);

            idle.at(System.nanoTime());
            await().until(() -> rung.get() == 2);
        }
    }

    @Test
    void anEdgeOnRealTimeKeepsOrderAndPaysItsTransit() throws Exception {
        BlockingQueue<Answered<String>> answers = new LinkedBlockingQueue<>();
        EdgeRig rig = new EdgeRig("0", "0");
        DeviceTiming timing = new DeviceTiming(Latency.parse("uniform:1ms..2ms"), Latency.parse("100us"));
        try (DeviceEdge<String, String> edge =
                new DeviceEdge<>("real", rig.device, new EdgeRig.Protocol(), timing, new FaultPlan(), 7)) {
            long start = System.nanoTime();
            for (int i = 0; i < 64; i++) {
                edge.submit("c" + i, answers::add);
            }
            for (int i = 0; i < 64; i++) {
                Answered<String> answered = answers.poll(10, SECONDS);
                assertThat(answered).isNotNull();
                assertThat(answered.response()).isEqualTo("c" + i);
                assertThat(answered.receivedNanos() - start).isGreaterThanOrEqualTo(1_000_000);
                assertThat(answered.atDeviceNanos()).isGreaterThanOrEqualTo(100_000);
                assertThat(System.nanoTime() - answered.answeredNanos()).isGreaterThanOrEqualTo(1_000_000);
            }
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(2_000_000 + 64 * 100_000);
        }
    }

    private static long threadsNamed(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .count();
    }
}
