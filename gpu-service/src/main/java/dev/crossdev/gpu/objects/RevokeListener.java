package dev.crossdev.gpu.objects;

/** An importer's end of its session, told of guest memory that goes away. Called with no lock held; must not wait. */
interface RevokeListener {

    /** The importer is to let go of an attachment, and to say so. */
    void revokeRequested(int attachment);

    /** The importer did not say so in time: its session is over. */
    void cutOff();
}
