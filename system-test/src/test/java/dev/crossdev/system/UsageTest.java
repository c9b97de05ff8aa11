package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.system.Checkout.Ended;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Wrong usage ends at once, with one line that says what to do. */
class UsageTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void aClipThatIsNotThereIsWrongUsage() {
        Ended ended = Checkout.crossdev("play", "no-such.mp4").await(SOON);

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.output().lines()).singleElement().asString().contains("no-such.mp4");
    }

    @Test
    void anUnknownStrategyIsAnsweredWithTheKnownOnes() {
        Ended ended = Checkout.crossdev("play", Checkout.CLIP.toString(), "--strategy", "hope")
                .await(SOON);

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.output().lines())
                .singleElement()
                .asString()
                .contains("hope", "block-at-allocation", "eager-deferred");
    }

    @Test
    void aServiceThatCannotBeReachedIsNamed() {
        Ended ended = Checkout.crossdev(
                        "play", Checkout.CLIP.toString(), "--gpu", "127.0.0.1:1", "--video", "127.0.0.1:1")
                .await(SOON);

        assertThat(ended.exitCode()).isEqualTo(3);
        assertThat(ended.output().lines().filter(line -> line.startsWith("crossdev:")))
                .singleElement()
                .asString()
                .contains("gpu-service", "127.0.0.1:1");
    }

    @Test
    void helpExplainsTheExitCodes() {
        Ended ended = Checkout.crossdev("--help").await(SOON);

        assertThat(ended.exitCode()).isZero();
        assertThat(ended.output()).contains("demo", "up", "play", "compare", "Exit codes");
    }
}
