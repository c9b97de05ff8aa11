/**
 * Timing and faults of a device as messages of the admin contract, and back. Must not know how either takes effect.
 */
@NullMarked
package dev.crossdev.grpc.admin;

import org.jspecify.annotations.NullMarked;
