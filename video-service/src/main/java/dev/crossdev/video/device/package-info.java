@org.jspecify.annotations.NullMarked
package dev.crossdev.video.device;
