/**
 * The meters that both services have, and what is served of those that come from elsewhere. A UUID, a resource id or a
 * guest's name is never a tag. {@code docs/observability.md} names every meter.
 */
@NullMarked
package dev.crossdev.service.metrics;

import org.jspecify.annotations.NullMarked;
