@NullMarked
package dev.crossdev.gpu.objects;

import org.jspecify.annotations.NullMarked;
