package dev.crossdev.video.objects;

import dev.crossdev.video.device.ObjectContent;
import dev.crossdev.video.device.ObjectLayout;

/**
 * An object that was attached to, and the way to its content.
 *
 * @param layout the exporter's
 * @param giveUp undoes what the way needed
 */
record ReachedObject(ObjectLayout layout, ObjectContent content, Runnable giveUp) {}
