/**
 * The live view of running services: what they hold, how busy their devices are, and how registrations go. Samples are what
 * {@code admin} fetches; the view is plain arithmetic over two of them; only the screen knows a terminal.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.top;
