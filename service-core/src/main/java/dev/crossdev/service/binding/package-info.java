/**
 * What a service takes to bind its device type: a house with meters and settings, doors over dialects, and the directory
 * that the configuration asks for. The only thing that an {@code app} package has to know of this module.
 */
@NullMarked
package dev.crossdev.service.binding;

import org.jspecify.annotations.NullMarked;
