/** What a service writes into its log, in which form, and how much of it. Knows neither devices nor doors. */
@NullMarked
package dev.crossdev.service.log;

import org.jspecify.annotations.NullMarked;
