package dev.crossdev.gpu.objects;

/** Where an exported object stands; in lower case, the tag {@code state} of {@code virtio.objects}. */
public enum ObjectState {
    /** Its UUID resolves, and nobody has attached. */
    EXPORTED,
    /** Its UUID resolves, and somebody has attached. */
    ATTACHED,
    /** Its resource is gone, and somebody has still attached. */
    LINGERING
}
