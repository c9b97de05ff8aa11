/**
 * What the tests of several modules share: conditions on the machine they run on, and in {@code ring} the driver's side of
 * a virtqueue.
 *
 * <p>Nothing about devices, media or services lives here; a fixture that knows one of them belongs to that module's
 * tests.
 */
@NullMarked
package dev.crossdev.testing;

import org.jspecify.annotations.NullMarked;
