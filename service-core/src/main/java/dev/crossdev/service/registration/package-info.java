/**
 * The latest UUID registrations, for those who watch: what the devices of this service answered, joined with what guests
 * report of their side. Nothing a device does depends on it.
 */
@NullMarked
package dev.crossdev.service.registration;

import org.jspecify.annotations.NullMarked;
