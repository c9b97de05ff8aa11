/**
 * A tenant: one kernel's worth of drivers in one process, a client of the two services.
 *
 * <p>Here lives what a guest is made of before it has any device: where its services are, its memory, how it ends. The
 * drivers, the strategies, the pipeline and the times they keep have packages of their own. No report, no command line
 * and no text for people belongs here.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest;
