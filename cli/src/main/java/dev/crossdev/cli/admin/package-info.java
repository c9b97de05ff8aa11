/**
 * What an operator sees of running services and sets on them, over {@code virtio.admin.v1.DeviceAdmin}, as lines, tables and
 * JSON. What must not live here: how services are found (that is {@code run}), and what a device does.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.admin;
