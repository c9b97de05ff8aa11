package dev.crossdev.cli.run;

import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.report.Answer;
import dev.crossdev.cli.report.HtmlReport;
import dev.crossdev.cli.report.HtmlReport.Picture;
import dev.crossdev.cli.report.Report;
import dev.crossdev.cli.report.ReportJson;
import dev.crossdev.cli.report.ReportTable;
import dev.crossdev.cli.report.RunChecks.Breach;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a command leaves behind: the table on the screen, the files in a folder, and the verdict. */
public final class Findings {

    private static final int BREACHES_SHOWN = 20;

    private Findings() {}

    /** Writes report.json, report.html and the pictures, and prints the table and the answer. */
    public static void publish(Report report, List<Picture> pictures, Path folder, PrintWriter out) {
        try {
            ReportJson.write(report, folder.resolve("report.json"));
            HtmlReport.write(report, pictures, folder.resolve("report.html"));
            for (Picture picture : pictures) {
                Files.write(folder.resolve(picture.caption().replace(' ', '-') + ".png"), picture.png());
            }
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "cannot write to " + folder + ": " + e.getMessage(), e);
        }
        out.println(ReportTable.of(report));
        Answer.of(report).forEach(out::println);
        out.printf("%nReport: %s%n", folder.resolve("report.html"));
        out.flush();
    }

    /** Says what did not hold; the exit code is the verdict. */
    public static ExitCode verdict(List<Breach> breaches, PrintWriter err) {
        breaches.stream().limit(BREACHES_SHOWN).forEach(breach -> err.println("crossdev: did not hold: " + breach));
        if (breaches.size() > BREACHES_SHOWN) {
            err.println("crossdev: … and " + (breaches.size() - BREACHES_SHOWN) + " more");
        }
        err.flush();
        return breaches.isEmpty() ? ExitCode.OK : ExitCode.CHECK_FAILED;
    }
}
