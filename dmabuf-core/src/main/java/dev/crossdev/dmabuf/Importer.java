package dev.crossdev.dmabuf;

/** A device that attaches to buffers of others. */
@FunctionalInterface
public interface Importer {
    /** The device's name as a listing shows it. */
    String importerName();
}
