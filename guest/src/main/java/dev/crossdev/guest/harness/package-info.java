/**
 * Looks at what the gpu service shows, beside the guest and outside of both services' own bookkeeping.
 *
 * <p>The guest's drivers and pipeline must not use it.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.harness;
