/**
 * The directory in etcd. Each instance has one lease, and all its entries hang from it: when it dies, they go together as soon
 * as the lease is over. An instance that lives and finds its lease gone takes another and publishes all that it holds again.
 *
 * <p>Keys, below a prefix: {@code instances/ADDRESS}, {@code devices/GUEST/DEVICE} and {@code objects/GUEST/UUID}, each with the instance's address.
 */
@NullMarked
package dev.crossdev.service.directory.etcd;

import org.jspecify.annotations.NullMarked;
