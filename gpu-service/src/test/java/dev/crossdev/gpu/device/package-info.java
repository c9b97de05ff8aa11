@NullMarked
package dev.crossdev.gpu.device;

import org.jspecify.annotations.NullMarked;
