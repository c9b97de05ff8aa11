/**
 * Errors as the kernel names them. An {@link dev.crossdev.dmabuf.error.ErrnoException} carries the errno that Linux would
 * give, typed where a caller must tell two reasons for one number apart. What must not live here: anything that can
 * fail.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf.error;
