/**
 * A stock Linux kernel in QEMU whose virtio-gpu is a device of gpu-service: fetching and building what it boots, starting the
 * machine, talking to its agent, and what came of it. The guest's own sources are in {@code linux-guest}.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.linux;
