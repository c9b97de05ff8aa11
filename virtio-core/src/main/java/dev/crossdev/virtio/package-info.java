@org.jspecify.annotations.NullMarked
package dev.crossdev.virtio;
