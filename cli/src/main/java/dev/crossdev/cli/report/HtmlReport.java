package dev.crossdev.cli.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** report.html: one file that shows a report and needs no network. */
public final class HtmlReport {

    /** The charting library, whole; its version is the dependency's. */
    private static final String CHART_JS = "/META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.min.js";

    private HtmlReport() {}

    /**
     * A picture of a scanout.
     *
     * @param caption what it shows
     * @param png the file's bytes
     */
    public record Picture(String caption, byte[] png) {}

    private record EmbeddedPicture(String caption, String data) {}

    private record Extra(String about, List<String> answers, String machine, List<EmbeddedPicture> pictures) {}

    /** Writes the page, making its folder. */
    public static void write(Report report, List<Picture> pictures, Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, page(report, pictures));
    }

    static String page(Report report, List<Picture> pictures) throws IOException {
        Extra extra = new Extra(
                about(report),
                Answer.of(report),
                machine(report),
                pictures.stream()
                        .map(picture -> new EmbeddedPicture(
                                picture.caption(),
                                "data:image/png;base64," + Base64.getEncoder().encodeToString(picture.png())))
                        .toList());
        return resource("report.html")
                .replace("/*{{chart.js}}*/", resource(CHART_JS).replace("</script", "<\\/script"))
                .replace("{{report}}", embedded(report))
                .replace("{{extra}}", embedded(extra));
    }

    private static String about(Report report) {
        ClipFacts clip = report.clip();
        return String.format(
                Locale.ROOT,
                "%s: H.264, %d x %d, %d frames. %d runs, seed %d. crossdev %s.",
                clip.name(),
                clip.width(),
                clip.height(),
                clip.frames(),
                report.runs().size(),
                report.seed(),
                report.versions().crossdev());
    }

    private static String machine(Report report) {
        MachineFacts machine = report.machine();
        return String.format(
                Locale.ROOT,
                "%d cpus, %s, %s, Java %s; %s",
                machine.cpus(),
                machine.architecture(),
                machine.kernel(),
                report.versions().java(),
                machine.stealShare() == null
                        ? "the kernel does not say what a hypervisor took."
                        : String.format(
                                Locale.ROOT,
                                "a hypervisor took %.1f %% of the processor time meanwhile.",
                                100 * machine.stealShare()));
    }

    /** JSON inside a script element must not end it. */
    private static String embedded(Object value) throws JsonProcessingException {
        return new ObjectMapper().writeValueAsString(value).replace("</", "<\\/");
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("not on the class path: " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
