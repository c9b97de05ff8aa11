package dev.crossdev.dmabuf;

/**
 * Told of each breach of the protocol that was noticed and survived: counted, never fatal. Called with no lock held;
 * must return soon and not throw.
 */
@FunctionalInterface
public interface Violations {
    /** What was breached. The names, in lower case, are the tag {@code kind} of {@code virtio.protocol.violations}. */
    enum Kind {
        /** A registration that had its answer was answered again. */
        REPEATED_ANSWER,
        /** An answer came for something that nobody had asked for, or that is gone. */
        UNKNOWN_OBJECT,
        /** A detach of what was not attached here, or of what was still mapped or pinned; an unmap or unpin of what was not. */
        DETACH_MISMATCH,
        /** The last reference of a buffer was dropped while importers were attached. */
        RELEASED_WITH_ATTACHMENTS,
        /** The last reference of a buffer was dropped while a driver had it vmapped. */
        RELEASED_WHILE_VMAPPED,
        /** An importer did not acknowledge a revoke in time. */
        REVOKE_NOT_ACKNOWLEDGED
    }

    void report(Kind kind, String detail);

    /** For those who do not want to know. */
    static Violations ignored() {
        return (kind, detail) -> {};
    }
}
