package dev.crossdev.video.objects;

/** The connection to one exporting service. */
public interface ExporterLink extends AutoCloseable {

    SharedObjectsImporter importer();

    /** Ends our holds there; what is still held stays mapped until it is released. */
    @Override
    void close();
}
