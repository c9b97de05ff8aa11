/**
 * Numbers for buffers, as a kernel hands them to programs: a process's descriptors ({@link
 * dev.crossdev.dmabuf.prime.FileTable}), and a device client's handles, with the rules by which a buffer that comes back
 * home is recognised ({@link dev.crossdev.dmabuf.prime.PrimeDevice}; Linux, drivers/gpu/drm/drm_prime.c). What must not
 * live here: what an object is.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf.prime;
