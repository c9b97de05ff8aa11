/** Spans of commands. Knows neither doors nor devices: a command comes with its name and its sender's context. */
@NullMarked
package dev.crossdev.service.trace;

import org.jspecify.annotations.NullMarked;
