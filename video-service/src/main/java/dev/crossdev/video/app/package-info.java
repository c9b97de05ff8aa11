/**
 * video-service as a Quarkus application: beans, configuration, meters and the way to gpu-service. No device logic.
 */
@NullMarked
package dev.crossdev.video.app;

import org.jspecify.annotations.NullMarked;
