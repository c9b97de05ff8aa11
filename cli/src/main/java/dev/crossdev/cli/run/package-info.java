/**
 * Making runs: one, or a sweep of them, on services of our own or of somebody else. How a run goes is the guest's business,
 * how it is shown the report's.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.run;
