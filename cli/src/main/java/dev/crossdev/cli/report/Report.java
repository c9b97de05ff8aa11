package dev.crossdev.cli.report;

import java.util.List;

/**
 * report.json; its schema is {@code docs/report.schema.json}.
 *
 * @param versions of what took part
 * @param clip what was decoded
 * @param machine where
 * @param seed of the order in which strategies were run
 * @param referenceDigest SHA-256 of the clip's frames, decoded without devices
 * @param runs every run that counts, in the order in which they were made
 * @param medians over the runs, a row for each cell of the sweep
 */
public record Report(
        Versions versions,
        ClipFacts clip,
        MachineFacts machine,
        long seed,
        String referenceDigest,
        List<ReportRun> runs,
        List<MedianRow> medians) {

    /** Copies its lists. */
    public Report {
        runs = List.copyOf(runs);
        medians = List.copyOf(medians);
    }

    /** A report whose medians are made from its runs. */
    public static Report of(
            Versions versions,
            ClipFacts clip,
            MachineFacts machine,
            long seed,
            String referenceDigest,
            List<ReportRun> runs) {
        return new Report(versions, clip, machine, seed, referenceDigest, runs, MedianRow.over(runs));
    }
}
