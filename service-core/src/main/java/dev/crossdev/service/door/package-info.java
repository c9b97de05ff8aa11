/**
 * The doors through which gRPC calls reach devices, over a dialect, whatever the device's type: streams, single commands,
 * the service's description. They translate, keep the order and push back; they know nothing of a device's commands.
 */
@NullMarked
package dev.crossdev.service.door;

import org.jspecify.annotations.NullMarked;
