/** Sends the guest's spans to a collector. Nothing here is loaded unless somebody asked for traces. */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.otlp;
