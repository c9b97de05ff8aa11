package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.cli.launch.Services;
import dev.crossdev.system.Checkout.Command;
import dev.crossdev.system.Checkout.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A real guest on two real services, watched from two more processes, and what they wrote down told again. */
@ExtendWith(SharedServices.class)
class WireLogTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String GUEST = "wirelog";

    private final List<String> where;

    WireLogTest(Services services) {
        where = List.of(
                "--gpu", services.gpu().address().toString(),
                "--video", services.video().address().toString());
    }

    @Test
    void aWholeRunIsWrittenDownSaidByNameAndAnsweredTheSameAgain(@TempDir Path folder) throws IOException {
        Path gpu = folder.resolve("gpu.wire");
        Path video = folder.resolve("video.wire");
        Command gpuTap = crossdev("tap", "--type", "gpu", GUEST + "/vm2", gpu.toString());
        Command videoTap = crossdev("tap", "--type", "video", "--memory", GUEST + "/vm2", video.toString());
        for (Command tap : List.of(gpuTap, videoTap)) {
            await().atMost(PATIENCE).until(() -> tap.output().contains("Waiting for"));
        }

        Ended play = crossdev(
                        "play",
                        Checkout.CLIP.toString(),
                        "--guest",
                        GUEST,
                        "--buffers",
                        "4",
                        "--out",
                        folder.resolve("play").toString())
                .await(PATIENCE);
        assertThat(play.exitCode()).as(play.output()).isZero();
        for (Command tap : List.of(gpuTap, videoTap)) {
            Ended ended = tap.await(PATIENCE);
            assertThat(ended.exitCode()).as(ended.output()).isZero();
            assertThat(ended.output()).doesNotContain("missed");
        }

        Ended decoded = Checkout.crossdev("decode", gpu.toString()).await(PATIENCE);
        assertThat(decoded.exitCode()).as(decoded.output()).isZero();
        assertThat(decoded.output())
                .contains("# gpu " + GUEST + "/vm2", "format=B8G8R8A8_UNORM", "= OK_RESOURCE_UUID(uuid=");
        assertThat(Checkout.crossdev("decode", video.toString()).await(PATIENCE).output())
                .contains("RESOURCE_CREATE(stream_id=", "OK_RESOURCE_QUEUE(timestamp=");

        Ended replayed = crossdev("replay", gpu.toString(), video.toString()).await(PATIENCE);
        assertThat(replayed.output()).contains("nothing differs");
        assertThat(replayed.exitCode()).isZero();

        // The same once more, with one expected answer forged.
        Path forged = Files.write(folder.resolve("forged.wire"), forged(gpu));
        Ended differs = crossdev("replay", forged.toString()).await(PATIENCE);
        assertThat(differs.exitCode()).as(differs.output()).isEqualTo(1);
        assertThat(differs.output()).contains("expected ERR_OUT_OF_MEMORY, got OK_NODATA");
    }

    private static List<String> forged(Path log) throws IOException {
        boolean[] done = {false};
        return Files.readAllLines(log).stream()
                .map(line -> {
                    if (done[0] || !line.startsWith("0 0101")) {
                        return line;
                    }
                    done[0] = true;
                    return line.replace(" 00110000", " 01120000");
                })
                .toList();
    }

    private Command crossdev(String... arguments) {
        return Checkout.crossdev(
                Stream.concat(Stream.of(arguments), where.stream()).toArray(String[]::new));
    }
}
