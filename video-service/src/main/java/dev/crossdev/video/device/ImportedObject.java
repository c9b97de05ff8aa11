package dev.crossdev.video.device;

/** A hold on an object that another device exported. */
public interface ImportedObject extends PixelTarget {

    /** How the memory is reached, for people and metrics: {@code shm} or {@code stream}. */
    String path();
}
