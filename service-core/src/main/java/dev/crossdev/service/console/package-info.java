/**
 * Pages for people with a browser, the same in both services.
 */
@NullMarked
package dev.crossdev.service.console;

import org.jspecify.annotations.NullMarked;
