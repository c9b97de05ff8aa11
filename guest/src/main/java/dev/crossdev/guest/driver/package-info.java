/**
 * What both drivers need of a device: which service it is at, how its answers are waited for and how refusals become
 * errors.
 *
 * <p>Nothing here knows a protocol's commands.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.driver;
