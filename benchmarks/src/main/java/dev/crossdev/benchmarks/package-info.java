/**
 * What hot paths cost. Each benchmark class has one method named {@code reference}, measured in the same run; only the ratio
 * to it and the allocation mean something on another machine.
 */
@NullMarked
package dev.crossdev.benchmarks;

import org.jspecify.annotations.NullMarked;
