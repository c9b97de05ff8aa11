/**
 * The guest's meters. Everything they count was measured elsewhere; nothing is timed here.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.metrics;
