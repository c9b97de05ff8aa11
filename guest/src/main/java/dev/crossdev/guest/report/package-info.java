/**
 * Tells the gpu service, for those who watch it, what only the guest knows of its registrations. Never while one is measured.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.report;
