package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.cli.launch.Services;
import dev.crossdev.system.Checkout.Ended;
import dev.crossdev.testing.RequiresProgram;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** report.html in a real browser. */
@ExtendWith(SharedServices.class)
class ReportPageTest {

    private final Services services;

    ReportPageTest(Services services) {
        this.services = services;
    }

    @Test
    @RequiresProgram("chromium")
    void theReportShowsItsRunsWithoutAConsoleError(@TempDir Path folder) throws IOException, InterruptedException {
        Path out = folder.resolve("report");
        Ended play = Checkout.crossdev(
                        "play",
                        Checkout.CLIP.toString(),
                        "--gpu",
                        services.gpu().address().toString(),
                        "--video",
                        services.video().address().toString(),
                        "--buffers",
                        "4",
                        "--out",
                        out.toAbsolutePath().toString())
                .await(Duration.ofSeconds(90));
        assertThat(play.exitCode()).as(play.output()).isZero();
        assertThat(out.resolve("report.json")).exists();
        assertThat(out.resolve("frame-0.png")).exists();
        String page = Files.readString(out.resolve("report.html"));
        assertThat(page).doesNotContain("src=\"http", "href=\"http", "{{");

        Path dom = folder.resolve("dom.html");
        Path log = folder.resolve("chromium.log");
        Process chromium = new ProcessBuilder(
                        "chromium",
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--user-data-dir=" + folder.resolve("profile"),
                        "--virtual-time-budget=5000",
                        "--enable-logging=stderr",
                        "--dump-dom",
                        out.resolve("report.html").toUri().toString())
                .redirectOutput(dom.toFile())
                .redirectError(log.toFile())
                .start();
        assertThat(chromium.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(Files.readString(log)).doesNotContain("CONSOLE");
        assertThat(Files.readString(dom))
                .contains("<td>deferred</td>", "equal", "Timeline of each buffer under deferred");
    }
}
