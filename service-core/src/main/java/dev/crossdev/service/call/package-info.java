/**
 * How a single call is answered: on the caller's thread, after a wait, or later; every failure as a status, and what was
 * not expected in the log. Knows neither devices nor messages.
 */
@NullMarked
package dev.crossdev.service.call;

import org.jspecify.annotations.NullMarked;
