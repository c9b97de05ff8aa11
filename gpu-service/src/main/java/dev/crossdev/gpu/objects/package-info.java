/**
 * The objects that this service's devices export, and the door by which importing services reach them: who holds what, under
 * which UUID, with which fences.
 *
 * <p>What must not live here: what a GPU command does (that is {@code device}), Quarkus and metrics (that is
 * {@code app}; {@link dev.crossdev.gpu.objects.LocalObjects#counts} is what it shows).
 */
@NullMarked
package dev.crossdev.gpu.objects;

import org.jspecify.annotations.NullMarked;
