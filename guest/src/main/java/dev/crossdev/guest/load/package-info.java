/**
 * An endless workload, so that there is always something to watch: round after round of allocate, export, import, decode
 * and release, at a bounded rate, over connections that are made again when a service goes away.
 *
 * <p>A round is a run of the pipeline; what is measured is measured there.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.load;
