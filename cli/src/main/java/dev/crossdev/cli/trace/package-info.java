/**
 * Runs as trace files that Perfetto and chrome://tracing open, without any collector. The format is the Trace Event Format's
 * JSON object form. What must not live here: making runs, and spans of a live system (those are OpenTelemetry's).
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.trace;
