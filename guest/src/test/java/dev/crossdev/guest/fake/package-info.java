/**
 * Two small services that speak the contract over real sockets and do as a test tells them. They are no devices: they
 * check little and touch no pixel.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.fake;
