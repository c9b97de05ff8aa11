/** A real etcd for tests, and a wire to it that can be cut. */
@NullMarked
package dev.crossdev.testing.etcd;

import org.jspecify.annotations.NullMarked;
