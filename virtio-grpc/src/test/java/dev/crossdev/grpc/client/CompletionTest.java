package dev.crossdev.grpc.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.dialect.BootId;
import dev.crossdev.grpc.dialect.Times;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CompletionTest {

    private static final BootId HERE =
            new BootId(ByteString.copyFrom(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
    private static final BootId THERE =
            new BootId(ByteString.copyFrom(new byte[] {9, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));

    @Test
    void timesOfTheSameClockAreTakenAsTheyAre() {
        Completion<String> completion = Completion.of("r", 100, new Times(110, 150, HERE), 200, HERE);

        assertThat(completion).isEqualTo(new Completion<>("r", 100, 110, 150, 200, true));
        assertThat(completion.roundTripNanos()).isEqualTo(100);
    }

    @Test
    void timesOfAnotherMachineArePutInTheMiddleAndMarked() {
        Completion<String> completion = Completion.of("r", 100, new Times(5_000_010, 5_000_050, THERE), 200, HERE);

        assertThat(completion).isEqualTo(new Completion<>("r", 100, 130, 170, 200, false));
    }

    @Test
    void aDeviceThatClaimsMoreThanTheRoundTripGetsAllOfIt() {
        assertThat(Completion.of("r", 100, new Times(0, 1_000, THERE), 200, HERE))
                .isEqualTo(new Completion<>("r", 100, 100, 200, 200, false));
        assertThat(Completion.of("r", 100, new Times(1_000, 0, THERE), 200, HERE))
                .isEqualTo(new Completion<>("r", 100, 150, 150, 200, false));
    }

    @Test
    void timesThatCannotBeAreNotBelieved() {
        assertThat(Completion.of("r", 100, new Times(90, 150, HERE), 200, HERE).sameClock())
                .as("received before it was sent")
                .isFalse();
        assertThat(Completion.of("r", 100, new Times(110, 250, HERE), 200, HERE).sameClock())
                .as("answered after it was handled")
                .isFalse();
        assertThat(Completion.of("r", 100, new Times(110, 150, BootId.UNKNOWN), 200, BootId.UNKNOWN)
                        .sameClock())
                .as("nobody's clock")
                .isFalse();
    }

    @Test
    void whateverThePeerSaysTheOrderHolds() {
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            long sent = random.nextLong();
            long handled = sent + random.nextInt(1_000_000);
            Completion<String> completion = Completion.of(
                    "r",
                    sent,
                    new Times(random.nextLong(), random.nextLong(), random.nextBoolean() ? HERE : THERE),
                    handled,
                    HERE);

            assertThat(completion.receivedNanos() - sent).isNotNegative();
            assertThat(completion.answeredNanos() - completion.receivedNanos()).isNotNegative();
            assertThat(handled - completion.answeredNanos()).isNotNegative();
        }
    }
}
