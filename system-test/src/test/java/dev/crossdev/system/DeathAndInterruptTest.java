package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.crossdev.cli.launch.Services;
import dev.crossdev.system.Checkout.Command;
import dev.crossdev.system.Checkout.Ended;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is left when something dies in the middle: nothing, and one clear line. */
@ExtendWith(SharedServices.class)
class DeathAndInterruptTest {

    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Services bystanders;

    DeathAndInterruptTest(Services bystanders) {
        this.bystanders = bystanders;
    }

    @Test
    void killingTheGpuServiceEndsTheGuestWithOneLineAndCode3() {
        Command play =
                Checkout.crossdev("play", Checkout.CLIP.toString(), "--transit", "40ms", "--out", "target/killed");
        List<ProcessHandle> services = servicesOf(play);
        await().atMost(START).until(() -> play.output().contains("decoding"));

        gpuOf(services).destroyForcibly();
        Ended ended = play.await(SOON);

        assertThat(ended.exitCode()).as(ended.output()).isEqualTo(3);
        assertThat(ended.output().lines().filter(line -> line.startsWith("crossdev:")))
                .singleElement()
                .asString()
                .contains("gpu-service");
        nothingIsLeftOf(services);
    }

    @Test
    void ctrlCEndsEverything() {
        Command up = Checkout.crossdev("up", "--gpu-port", "0", "--video-port", "0");
        List<ProcessHandle> services = servicesOf(up);
        await().atMost(START).until(() -> up.output().contains("Both ready"));

        up.interrupt();
        up.await(SOON);

        nothingIsLeftOf(services);
    }

    /** As a terminal's Ctrl-C has it, which reaches launcher and services alike. */
    @RepeatedTest(3)
    void aServiceThatIsToldToEndAndLosesItsLauncherInOneMomentLeavesNoRunFolder(@TempDir Path folder)
            throws InterruptedException {
        try (PackagedService service =
                PackagedService.start("gpu-service", folder, Map.of()).awaitReady()) {
            service.process().destroy();
            service.closePipe();

            service.awaitEnd();

            assertThat(service.log()).contains("drained", "gpu-service stopped");
            assertThat(service.runFolders()).isEmptyDirectory();
        }
    }

    @Test
    void killingTheCommandItselfEndsItsServices() {
        Command up = Checkout.crossdev("up", "--gpu-port", "0", "--video-port", "0");
        List<ProcessHandle> services = servicesOf(up);
        await().atMost(START).until(() -> up.output().contains("Both ready"));

        up.process().destroyForcibly();

        nothingIsLeftOf(services);
    }

    private static List<ProcessHandle> servicesOf(Command command) {
        await().atMost(START)
                .until(() ->
                        command.services().size() == 2 || !command.process().isAlive());
        assertThat(command.process().isAlive()).as(command.output()).isTrue();
        return command.services();
    }

    private static ProcessHandle gpuOf(List<ProcessHandle> services) {
        return services.stream()
                .filter(service -> service.info().commandLine().orElse("").contains("gpu-service/target"))
                .findFirst()
                .orElseThrow();
    }

    private void nothingIsLeftOf(List<ProcessHandle> services) {
        await().atMost(SOON).untilAsserted(() -> assertThat(services).noneMatch(ProcessHandle::isAlive));
        for (ProcessHandle service : services) {
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(unixSocketsMentioning(service.pid())).isEmpty());
        }
        assertThat(bystanders.gpu().process().isAlive())
                .as("the services beside")
                .isTrue();
        assertThat(bystanders.video().process().isAlive())
                .as("the services beside")
                .isTrue();
    }

    /** The kernel's own list; a socket file that outlived its process would not be in it, the run folder's sweep sees to it. */
    private static List<String> unixSocketsMentioning(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/net/unix"))) {
            return lines.filter(line -> line.contains("crossdev") && line.contains("-" + pid))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
