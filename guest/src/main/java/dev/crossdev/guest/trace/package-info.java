/** Registrations as distributed traces. The only package of the guest that sees OpenTelemetry, and only its API. */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.trace;
