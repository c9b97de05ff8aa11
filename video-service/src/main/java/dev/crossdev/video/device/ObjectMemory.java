package dev.crossdev.video.device;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.memory.MemoryPiece;
import dev.crossdev.video.device.PixelTarget.Painter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An object's bytes, as native code can write them. */
public sealed interface ObjectMemory {

    /** Bytes of the object. */
    long size();

    /** For people and metrics. */
    String path();

    /** Has all bytes written. */
    <X extends Exception> void paint(Painter<X> painter) throws X;

    /** Mapped as one run: what is painted is at once what the exporter sees. */
    record Linear(MemorySegment bytes) implements ObjectMemory {
        @Override
        public long size() {
            return bytes.byteSize();
        }

        @Override
        public String path() {
            return "shm";
        }

        @Override
        public <X extends Exception> void paint(Painter<X> painter) throws X {
            painter.paint(bytes);
        }
    }

    /** Pieces that are no whole pages and cannot be mapped as one run: painted beside them and copied. */
    record Scattered(List<MemoryPiece> pieces) implements ObjectMemory {
        /** Copies its list. */
        public Scattered {
            pieces = List.copyOf(pieces);
        }

        @Override
        public long size() {
            return MemoryPiece.size(pieces);
        }

        @Override
        public String path() {
            return "shm-copy";
        }

        @Override
        public <X extends Exception> void paint(Painter<X> painter) throws X {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment beside = arena.allocate(size(), Long.BYTES);
                // What the painter leaves alone must stay as it is.
                copy(beside, false);
                painter.paint(beside);
                copy(beside, true);
            } catch (OutOfMemoryError e) {
                // From malloc: the machine has no room for the picture, the process is well.
                throw new ErrnoException(Errno.ENOMEM, "no room for a picture of " + size() + " bytes", e);
            }
        }

        private void copy(MemorySegment beside, boolean out) {
            long at = 0;
            for (MemoryPiece piece : pieces) {
                MemorySegment there = piece.segment();
                MemorySegment here = beside.asSlice(at, piece.length());
                (out ? there : here).copyFrom(out ? here : there);
                at += piece.length();
            }
        }
    }
}
