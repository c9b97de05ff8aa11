package dev.crossdev.virtio.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Faults at the edge, and the plan that holds them. */
class DeviceFaultsTest {

    @Test
    void anErrorIsAnsweredWithoutTheDevice() {
        EdgeRig rig = new EdgeRig("1ms", "2ms");
        rig.faults.add(Fault.parse("A=error:0x1203*2"));

        rig.submit("a1", "b1", "a2", "a3");
        rig.ticker.advanceMillis(50);

        assertThat(rig.answers).containsExactly("a1!1203@4", "b1@6", "a2!1203@8", "a3@10");
        assertThat(rig.device.seen).containsExactly("b1@5", "a3@9");
    }

    @Test
    void aLateAnswerIsOvertaken() {
        EdgeRig rig = new EdgeRig("1ms", "0");
        rig.faults.add(Fault.parse("A=late:10ms*2"));

        rig.submit("a1", "b1", "a2");
        rig.ticker.advanceMillis(50);

        assertThat(rig.device.seen).containsExactly("a1@1", "b1@1", "a2@1");
        assertThat(rig.answers).containsExactly("b1@2", "a1@12", "a2@12");
        assertThat(rig.stamped.get(1).atDeviceNanos()).isEqualTo(10_000_000);
    }

    @Test
    void lateAnswersOvertakeEachOtherWhenOneIsLater() {
        EdgeRig rig = new EdgeRig("0", "0");
        rig.faults.add(Fault.parse("A=late:10ms"));
        rig.faults.add(Fault.parse("B=late:5ms"));

        rig.submit("a1", "b1");
        rig.ticker.advanceMillis(50);

        assertThat(rig.answers).containsExactly("b1@5", "a1@10");
    }

    @Test
    void anAnswerComesTwice() {
        EdgeRig rig = new EdgeRig("1ms", "0");
        rig.faults.add(Fault.parse("A=twice"));

        rig.submit("a1", "a2");
        rig.ticker.advanceMillis(50);

        assertThat(rig.answers).containsExactly("a1@2", "a1@2", "a2@2");
        assertThat(rig.device.seen).hasSize(2);
    }

    @Test
    void anAnswerHasAnotherUuid() {
        EdgeRig rig = new EdgeRig("0", "0");
        rig.faults.add(Fault.parse("A=other-uuid"));

        rig.submit("a1", "a2");

        assertThat(rig.answers).containsExactly("a1'@0", "a2@0");
    }

    @Test
    void aSwallowedCommandIsNeitherSeenNorAnswered() {
        EdgeRig rig = new EdgeRig("1ms", "0");
        rig.faults.add(Fault.parse("A=never"));

        rig.submit("a1", "a2");
        rig.ticker.advanceMillis(50);

        assertThat(rig.answers).containsExactly("a2@2");
        assertThat(rig.device.seen).containsExactly("a2@1");
    }

    @Test
    void theConnectionIsDroppedInsteadOfAnAnswer() {
        EdgeRig rig = new EdgeRig("1ms", "0");
        List<String> dropped = new ArrayList<>();
        rig.edge.onDisconnect(() -> {
            dropped.add("at " + rig.millis(rig.ticker.nanoTime()));
            rig.edge.close();
        });
        rig.faults.add(Fault.parse("A=disconnect"));

        rig.submit("b1", "a1", "b2");
        rig.ticker.advanceMillis(50);

        assertThat(dropped).containsExactly("at 1");
        assertThat(rig.device.seen).containsExactly("b1@1");
        assertThat(rig.answers).as("all are under way when the device goes").isEmpty();
    }

    @Test
    void faultsStrikeInTheOrderTheyWereAddedAndAreCounted() {
        EdgeRig rig = new EdgeRig("0", "0");
        rig.faults.add(Fault.parse("A=error:0x1200"));
        rig.faults.add(Fault.parse("*=never"));
        rig.faults.add(Fault.parse("A=error:0x1201*5"));

        rig.submit("a1", "b1", "b2", "a2");

        assertThat(rig.answers).containsExactly("a1!1200@0", "b2@0", "a2!1201@0");
        assertThat(rig.faults.active()).containsExactly(new FaultPlan.Active(Fault.parse("A=error:0x1201*5"), 1));
        assertThat(rig.faults.struck().byFault())
                .isEqualTo(Map.of("A=error:0x1200", 1L, "B=never", 1L, "A=error:0x1201", 1L));
        assertThat(rig.faults.struck().total()).isEqualTo(3);
    }

    @Test
    void clearingForgetsWhatWaitsAndKeepsTheCounts() {
        FaultPlan plan = new FaultPlan();
        plan.add(Fault.parse("A=never*3"));
        plan.add(Fault.parse("B=never"));
        plan.take("A");
        assertThat(plan.isEmpty()).isFalse();

        assertThat(plan.clear()).isEqualTo(2);

        assertThat(plan.isEmpty()).isTrue();
        assertThat(plan.take("A")).isEmpty();
        assertThat(plan.active()).isEmpty();
        assertThat(plan.struck().total()).isOne();
    }

    @Test
    void aPlanThatIsUsedUpIsEmpty() {
        FaultPlan plan = new FaultPlan();
        plan.add(Fault.parse("A=twice"));

        assertThat(plan.take("B")).isEmpty();
        assertThat(plan.take("A")).contains(new FaultEffect.Twice());

        assertThat(plan.isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "RESOURCE_ASSIGN_UUID=error:0x1200*3",
                "RESOURCE_ASSIGN_UUID=late:50ms",
                "STREAM_DRAIN=twice*2",
                "*=other-uuid",
                "RESOURCE_QUEUE=never",
                "RESOURCE_CREATE_2D=disconnect"
            })
    void faultsAreTextBothWays(String text) {
        assertThat(Fault.parse(text)).hasToString(text);
        assertThat(Fault.parse(" " + text.toLowerCase(Locale.ROOT) + " ")).isEqualTo(Fault.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "A",
                "A=",
                "=never",
                "A=sometimes",
                "A=error",
                "A=error:many",
                "A=late",
                "A=late:soon",
                "A=late:2h",
                "A=never:3",
                "A=never*0",
                "A=never*x",
                "A=never*99999999999"
            })
    void whatIsNoFaultIsRefusedInWords(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.parse(text)).withMessageMatching(".+");
    }
}
