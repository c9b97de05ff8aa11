/**
 * What every virtio device is: commands in order, answers exactly once, feature bits, a configuration space, a reset.
 *
 * <p>Nothing here knows a particular device type, a transport or a network: those live in the packages below and in
 * other modules.
 */
@NullMarked
package dev.crossdev.virtio;

import org.jspecify.annotations.NullMarked;
