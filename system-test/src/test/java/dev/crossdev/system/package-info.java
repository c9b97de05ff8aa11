/** What only holds of the whole: the architecture rules over all modules, and real processes that do the main job. */
@org.jspecify.annotations.NullMarked
package dev.crossdev.system;
