/**
 * The console: a page for people with a browser, the same in both services, that shows what devices and buffers do while they
 * do it and turns the knobs of injected timing and faults. The page itself lies in {@code META-INF/resources}; here is what
 * it is fed with. However many browsers look and however slowly they read, devices are looked at once for all of them, for a
 * bounded share of a core, and each browser is owed no more than the latest state.
 */
@NullMarked
package dev.crossdev.service.console;

import org.jspecify.annotations.NullMarked;
