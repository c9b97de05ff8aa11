/**
 * The guest's memory: what the addresses in its commands point into, and who has which pages of it.
 *
 * <p>No driver and no stream belongs here.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.memory;
