package dev.crossdev.dmabuf.prime;

import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.dmabuf.Importer;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.lang.foreign.MemorySegment;

/**
 * What a driver does for the objects of its device. Called with no lock held but that of the object which is exported.
 *
 * @param <O> the driver's own object
 */
public interface GemDriver<O> extends Importer {
    /**
     * Makes a dma-buf of an object, with one reference. Its release is to call {@link GemObject#bufferReleased}, first of
     * all.
     *
     * @throws ErrnoException whatever speaks against it
     */
    DmaBuf export(GemObject<O> object);

    /**
     * Makes an object of another exporter's memory (gem_prime_import_sg_table).
     *
     * @param mapping stays until the object is freed
     * @throws ErrnoException ENODEV from a driver that cannot use foreign memory
     */
    O importMapping(DmaBuf buffer, MemorySegment mapping);

    /** The last reference of the object is gone. */
    void free(O object);
}
