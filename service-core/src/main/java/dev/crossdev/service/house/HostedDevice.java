package dev.crossdev.service.house;

import dev.crossdev.virtio.Device;
import dev.crossdev.virtio.Inspectable;

/**
 * A device and its operator's side.
 *
 * @param device takes commands
 * @param inspection answers an operator; usually the same object
 */
public record HostedDevice<C, R>(Device<C, R> device, Inspectable inspection) {

    public static <C, R, D extends Device<C, R> & Inspectable> HostedDevice<C, R> of(D device) {
        return new HostedDevice<>(device, device);
    }
}
