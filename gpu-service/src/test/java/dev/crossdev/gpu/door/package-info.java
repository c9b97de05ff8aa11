/** Tests of {@link dev.crossdev.gpu.door} that need no server: a guest's virtqueues. */
@NullMarked
package dev.crossdev.gpu.door;

import org.jspecify.annotations.NullMarked;
