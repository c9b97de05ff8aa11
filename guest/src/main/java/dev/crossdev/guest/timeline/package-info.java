/**
 * When what happened to a buffer, and the three numbers that are made of it: round trip, blocked and hidden.
 *
 * <p>Plain arithmetic over {@link java.lang.System#nanoTime()}: no driver, no gRPC and no meter belongs here.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.timeline;
