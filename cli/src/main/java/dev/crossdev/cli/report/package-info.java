/**
 * What a set of runs says: the records of report.json, the medians over them, the checks that decide the exit code, and
 * the table.
 *
 * <p>It works on results that are there. Starting runs or services, choosing their order and drawing pictures belong
 * elsewhere.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.report;
