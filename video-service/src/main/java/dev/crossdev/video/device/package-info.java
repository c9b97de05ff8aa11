/**
 * The virtio-video decoder as a device: streams, resources, the order of commands, and H.264 decoded straight into
 * buffers that another device exported. The dialect is the v3 RFC that crosvm and the ChromeOS kernel driver speak.
 *
 * <p>Threads: commands come in on whatever thread the transport has and are carried out under the device's one lock,
 * which is only ever held for bookkeeping; each stream that has been given a buffer has a platform thread of its own,
 * because FFmpeg would pin a virtual one. Answers and events go out in one order, with no lock held.
 *
 * <p>What must not live here: gRPC, Quarkus, metrics, configuration, and how an exported object's memory is found.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.video.device;
