/**
 * The Quarkus half that the device services share, and at this level what its packages have in common: the settings.
 *
 * <p>Packages: {@code house} keeps device instances, {@code door} carries gRPC calls to them, {@code memory} finds guest
 * memory, {@code admin} is the operator's door, {@code trust} says who may call what, {@code metrics} the meters, {@code life} start and end of the process,
 * {@code console} the pages. Nothing here knows what a gpu or a video device is: a service says so by a
 * {@link dev.crossdev.service.house.DeviceType}.
 */
@NullMarked
package dev.crossdev.service;

import org.jspecify.annotations.NullMarked;
