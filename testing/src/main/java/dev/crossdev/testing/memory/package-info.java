/** Memory as other programs have it, for tests of whoever is given it: made without the project's own code. */
@NullMarked
package dev.crossdev.testing.memory;

import org.jspecify.annotations.NullMarked;
