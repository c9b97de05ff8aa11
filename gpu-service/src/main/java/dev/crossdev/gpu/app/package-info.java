/**
 * gpu-service as a Quarkus application: beans, configuration, meters and the picture of a scanout over HTTP. No device
 * logic.
 */
@NullMarked
package dev.crossdev.gpu.app;

import org.jspecify.annotations.NullMarked;
