/**
 * What a service takes to bind its device type: a house with meters and settings, and doors over dialects. The only thing
 * that an {@code app} package has to know of this module.
 */
@NullMarked
package dev.crossdev.service.binding;

import org.jspecify.annotations.NullMarked;
