/**
 * How the decoder comes by objects that gpu-service exported: over the SharedObjects contract for what they are, and over
 * the service's descriptor socket for the memory itself, mapped here once however many objects lie in it. Where that socket
 * does not lead to memory, decoded pictures are sent over the contract, one Write each.
 *
 * <p>What must not live here: what is done with an object, Quarkus and metrics. An
 * {@link dev.crossdev.video.objects.ImportListener} is told what happened and how long it took.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.video.objects;
