/**
 * Which instance of gpu-service holds a UUID. {@link dev.crossdev.service.directory.Publisher} is an instance's side,
 * {@link dev.crossdev.service.directory.Directory} that of whoever imports. With one instance nothing is needed ({@code
 * local}); with several it is etcd, asked once for a buffer and never for a frame.
 *
 * <p>What must not live here: what an object is, and who may have it. An instance answers for its own objects itself, however
 * old an entry is.
 */
@NullMarked
package dev.crossdev.service.directory;

import org.jspecify.annotations.NullMarked;
