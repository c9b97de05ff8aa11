package dev.crossdev.service;

import java.nio.file.Path;

/**
 * Who this run of a service is.
 *
 * @param name such as {@code gpu-service}
 * @param version of the service
 * @param instance a random name for this run: another one means that all devices are new
 * @param descriptorSocket where memory descriptors are taken and given
 */
public record ServiceIdentity(String name, String version, String instance, Path descriptorSocket) {}
