@org.jspecify.annotations.NullMarked
package dev.crossdev.gpu.device;
