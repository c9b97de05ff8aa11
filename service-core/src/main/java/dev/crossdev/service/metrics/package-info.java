/**
 * The meters that both services have, and the buckets of all timers. A UUID, a resource id or a guest's name is never a
 * tag.
 */
@NullMarked
package dev.crossdev.service.metrics;

import org.jspecify.annotations.NullMarked;
