/**
 * Start and end of a service's process: the run folder, the ready file, the launcher's pipe, the drain. What a service
 * leaves behind on the machine is decided here and nowhere else.
 */
@NullMarked
package dev.crossdev.service.life;

import org.jspecify.annotations.NullMarked;
