package dev.crossdev.virtio.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceEdgeTest {

    @Test
    void withoutTimingEverythingHappensInsideTheCall() {
        EdgeRig rig = new EdgeRig("0", "0");

        rig.submit("a");

        assertThat(rig.answers).containsExactly("a@0");
        assertThat(rig.ticker.isQuiet()).isTrue();
    }

    @Test
    void transitIsPaidEachWayAndOverlaps() {
        EdgeRig rig = new EdgeRig("2ms", "0");

        rig.submit("a", "b", "c");
        rig.ticker.advanceMillis(1);
        rig.submit("d");
        assertThat(rig.device.seen).isEmpty();
        rig.ticker.advanceMillis(9);

        assertThat(rig.device.seen).containsExactly("a@2", "b@2", "c@2", "d@3");
        assertThat(rig.answers).containsExactly("a@4", "b@4", "c@4", "d@5");
        assertThat(rig.ticker.isQuiet()).isTrue();
    }

    @Test
    void serviceIsOneAfterAnother() {
        EdgeRig rig = new EdgeRig("0", "3ms");

        rig.submit("a", "b");
        rig.ticker.advanceMillis(4);
        rig.submit("c");
        rig.ticker.advanceMillis(20);
        rig.submit("d");
        rig.ticker.advanceMillis(20);

        assertThat(rig.answers).containsExactly("a@3", "b@6", "c@9", "d@27");
    }

    @Test
    void timesAreTakenAtTheDeviceInsideTransitAndAroundService() {
        EdgeRig rig = new EdgeRig("5ms", "3ms");

        rig.submit("a", "b");
        rig.ticker.advanceMillis(50);

        assertThat(rig.stamped)
                .extracting(each -> rig.millis(each.receivedNanos()))
                .containsExactly(5L, 5L);
        assertThat(rig.stamped)
                .extracting(each -> rig.millis(each.answeredNanos()))
                .containsExactly(8L, 11L);
        assertThat(rig.stamped).extracting(Answered::atDeviceNanos).containsExactly(3_000_000L, 6_000_000L);
        assertThat(rig.answers).containsExactly("a@13", "b@16");
    }

    @ParameterizedTest
    @ValueSource(strings = {"uniform:0..10ms", "exponential:3ms"})
    void orderIsKeptWhateverTimesAreDrawn(String latency) {
        EdgeRig rig = new EdgeRig(latency, "0");
        List<String> sent = new ArrayList<>();

        for (int i = 0; i < 500; i++) {
            sent.add("c" + i);
            rig.submit("c" + i);
            rig.ticker.advanceMillis(1);
        }
        rig.ticker.advanceMillis(1000);

        assertThat(rig.stamped).extracting(Answered::response).containsExactlyElementsOf(sent);
        assertThat(rig.answers.stream().map(each -> each.split("@", 2)[1]).distinct())
                .as("times really differ")
                .hasSizeGreaterThan(20);
    }

    @Test
    void theSameSeedDrawsTheSameTimes() {
        List<List<String>> runs = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            EdgeRig rig = new EdgeRig("exponential:20ms", "uniform:1ms..9ms");
            for (int i = 0; i < 50; i++) {
                rig.submit("c" + i);
            }
            rig.ticker.advanceMillis(10_000);
            runs.add(rig.answers);
        }

        assertThat(runs.get(0)).hasSize(50).isEqualTo(runs.get(1));
    }

    @Test
    void answersLeaveInTheOrderInWhichTheDeviceGaveThem() {
        EdgeRig rig = new EdgeRig("2ms", "0");
        rig.submit("hold1", "a");
        rig.ticker.advanceMillis(3);

        rig.device.held.remove().run();
        rig.ticker.advanceMillis(10);

        assertThat(rig.answers).containsExactly("a@4", "hold1@5");
    }

    @Test
    void eventsLeaveAmongTheAnswers() {
        EdgeRig rig = new EdgeRig("2ms", "0");
        rig.submit("hold1");
        rig.ticker.advanceMillis(2);

        rig.edge.announce(() -> rig.answers.add("event@" + rig.millis(rig.ticker.nanoTime())));
        rig.device.held.remove().run();
        rig.ticker.advanceMillis(1);
        assertThat(rig.answers).isEmpty();
        rig.ticker.advanceMillis(1);

        assertThat(rig.answers).containsExactly("event@4", "hold1@4");
    }

    @Test
    void whenTransitEndsTheNewDoesNotOvertakeTheOld() {
        EdgeRig rig = new EdgeRig("5ms", "0");
        rig.submit("a");
        rig.edge.timing(DeviceTiming.NONE);

        rig.submit("b");
        assertThat(rig.device.seen).isEmpty();
        rig.ticker.advanceMillis(5);
        rig.submit("c");

        assertThat(rig.answers).containsExactly("a@5", "b@5", "c@5");
        assertThat(rig.edge.timing()).isEqualTo(DeviceTiming.NONE);
    }

    @Test
    void timingSetAtRunTimeHoldsFromTheNextMessageOn() {
        EdgeRig rig = new EdgeRig("0", "0");
        rig.submit("a");
        rig.edge.timing(new DeviceTiming(Latency.parse("1ms"), Latency.parse("2ms")));

        rig.submit("b", "c");
        rig.ticker.advanceMillis(20);

        assertThat(rig.answers).containsExactly("a@0", "b@4", "c@6");
    }

    @Test
    void aCommandSubmittedFromAnAnswerGoesBehindWhatIsUnderWay() {
        EdgeRig rig = new EdgeRig("1ms", "0");
        rig.edge.submit("first", answered -> rig.submit("second"));
        rig.ticker.advanceMillis(10);

        assertThat(rig.device.seen).containsExactly("first@1", "second@3");
        assertThat(rig.answers).containsExactly("second@4");
    }

    @Test
    void afterAResetNothingOlderArrivesOnEitherSide() {
        EdgeRig rig = new EdgeRig("2ms", "3ms");
        rig.submit("answered", "inService", "behindIt");
        rig.ticker.advanceMillis(6);
        rig.submit("inTransit");
        rig.edge.announce(() -> rig.answers.add("event"));
        assertThat(rig.device.seen).containsExactly("answered@5");

        rig.edge.reset();
        rig.submit("new");
        rig.ticker.advanceMillis(50);

        assertThat(rig.device.resets).isOne();
        assertThat(rig.device.seen).containsExactly("answered@5", "new@11");
        assertThat(rig.answers).containsExactly("new@13");
    }

    @Test
    void anAnswerThatADeviceGivesAfterItsResetIsDropped() {
        EdgeRig rig = new EdgeRig("0", "0");
        rig.submit("hold1");

        rig.edge.reset();
        rig.device.held.remove().run();
        rig.submit("a");

        assertThat(rig.answers).containsExactly("a@0");
    }

    @Test
    void anAnswerMayResetTheDeviceItCameFrom() {
        EdgeRig rig = new EdgeRig("0", "0");
        rig.edge.submit("a", answered -> {
            rig.edge.reset();
            rig.submit("b");
        });

        assertThat(rig.device.resets).isOne();
        assertThat(rig.answers).containsExactly("b@0");
    }

    @Test
    void afterTheEndNothingArrivesAndTheDeviceIsClosedOnce() {
        EdgeRig rig = new EdgeRig("2ms", "0");
        rig.submit("a");

        rig.edge.close();
        rig.edge.close();
        rig.edge.reset();
        rig.submit("b");
        rig.ticker.advanceMillis(50);

        assertThat(rig.device.seen).isEmpty();
        assertThat(rig.answers).isEmpty();
        assertThat(rig.device.closes).isOne();
        assertThat(rig.device.resets).isZero();
        assertThat(rig.ticker.isQuiet()).isTrue();
    }

    @Test
    void aDeviceThatThrowsIsAnsweredForAndTheNextCommandIsServed() {
        EdgeRig rig = new EdgeRig("1ms", "0");

        rig.submit("throw1", "a");
        rig.ticker.advanceMillis(10);

        assertThat(rig.answers).containsExactly("throw1!failed@2", "a@2");
    }

    @Test
    void aCallbackThatThrowsIsNotTakenForTheDevice() {
        EdgeRig rig = new EdgeRig("0", "0");
        List<String> calls = new ArrayList<>();

        assertThatThrownBy(() -> rig.edge.submit("a", answered -> {
                    calls.add(answered.response());
                    throw new IllegalStateException("the caller's own");
                }))
                .hasMessage("the caller's own");

        assertThat(calls).containsExactly("a");
    }

    @Test
    void aCallbackThatThrowsDoesNotStopTheAnswersBehindIt() {
        EdgeRig rig = new EdgeRig("1ms", "0");
        rig.edge.submit("a", answered -> {
            throw new IllegalStateException("the caller's own");
        });
        rig.submit("b");

        rig.ticker.advanceMillis(5);

        assertThat(rig.answers).containsExactly("b@2");
    }

    @Test
    void whateverIsSubmittedIsAnsweredOnceUnderChangingTiming() {
        Random random = new Random(51);
        String[] latencies = {"0", "0", "1ms", "uniform:0..4ms", "exponential:2ms"};
        EdgeRig rig = new EdgeRig("0", "0");
        List<String> sent = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            if (random.nextInt(5) == 0) {
                rig.edge.timing(new DeviceTiming(
                        Latency.parse(latencies[random.nextInt(latencies.length)]),
                        Latency.parse(latencies[random.nextInt(latencies.length)])));
            }
            sent.add("c" + i);
            rig.submit("c" + i);
            rig.ticker.advance(Duration.ofNanos(random.nextInt(2_000_000)));
        }
        rig.ticker.advanceMillis(60_000);

        assertThat(rig.stamped).extracting(Answered::response).containsExactlyElementsOf(sent);
    }
}
