package dev.crossdev.media;

import java.nio.file.Path;

/** Prints the digest of one clip; started by tests as a process of its own. */
final class DigestProgram {
    private DigestProgram() {}

    public static void main(String[] arguments) throws MediaException {
        System.out.println(
                ReferenceDecode.digest(Clip.open(Path.of(arguments[0]))).hex());
    }
}
