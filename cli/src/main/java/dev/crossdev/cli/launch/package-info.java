/**
 * Starting the two services as processes of this machine and stopping them again, whatever happens to the command that
 * started them. What the services do belongs elsewhere.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.launch;
