/**
 * The {@code crossdev} command: what a person types, what is printed, what the exit code means. Starting services lives in
 * {@code launch}, the run's data and its presentation in {@code report}; neither a device nor a driver belongs here.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli;
