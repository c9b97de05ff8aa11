/**
 * The media pipeline of the guest: allocate and export, set up the decoder, import, decode to the end of the clip; and
 * what a run of it leaves behind.
 *
 * <p>It knows buffers, drivers and times. Which registration strategy is in force it never asks, and reports, medians and
 * checks over several runs live in the command line tool.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.pipeline;
