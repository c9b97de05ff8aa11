/** How a command ends: the exit codes, and the failure that carries one line for the person who typed it. */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.outcome;
