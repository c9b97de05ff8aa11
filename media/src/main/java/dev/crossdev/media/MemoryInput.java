package dev.crossdev.media;

import dev.crossdev.media.MediaException.Reason;
import java.lang.foreign.MemorySegment;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.Read_packet_Pointer_BytePointer_int;
import org.bytedeco.ffmpeg.avformat.Seek_Pointer_long_int;
import org.bytedeco.ffmpeg.avformat.Write_packet_Pointer_BytePointer_int;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/** An MP4 file in memory as libavformat reads it: no path, no protocol, nothing else of the machine in reach. */
final class MemoryInput implements AutoCloseable {
    private static final int BUFFER_BYTES = 32 << 10;
    private static final int SEEK_SET = 0;
    private static final int SEEK_CURRENT = 1;
    private static final int SEEK_END = 2;
    private static final int FORCE_SEEK = 0x20000;

    private final MemorySegment file;
    private final Reader reader = new Reader();
    private final Seeker seeker = new Seeker();
    private long readAt;
    private @Nullable AVIOContext io;
    private @Nullable AVFormatContext format;

    private MemoryInput(NativeBytes bytes) {
        file = bytes.segment();
    }

    static MemoryInput openMp4(NativeBytes bytes) throws MediaException {
        MemoryInput input = new MemoryInput(bytes);
        try {
            input.open();
            return input;
        } catch (MediaException | RuntimeException | Error e) {
            input.close();
            throw e;
        }
    }

    AVFormatContext format() {
        AVFormatContext present = format;
        if (present == null) {
            throw new IllegalStateException("the input is closed");
        }
        return present;
    }

    private void open() throws MediaException {
        Pointer buffer = Ffmpeg.allocated(avutil.av_malloc(BUFFER_BYTES), "an input buffer");
        AVIOContext made = avformat.avio_alloc_context(
                new BytePointer(buffer),
                BUFFER_BYTES,
                0,
                (@Nullable Pointer) null,
                reader,
                (@Nullable Write_packet_Pointer_BytePointer_int) null,
                seeker);
        if (made == null) {
            avutil.av_free(buffer);
        }
        io = Ffmpeg.allocated(made, "an input");
        AVFormatContext context = Ffmpeg.allocated(avformat.avformat_alloc_context(), "a demuxer");
        context.pb(io);
        AVInputFormat mp4 = avformat.av_find_input_format("mp4");
        AVDictionary options = new AVDictionary((@Nullable Pointer) null);
        try {
            // All samples count, also those that an edit list hides from players.
            avutil.av_dict_set(options, "ignore_editlist", "1", 0);
            // On failure the context is freed by the callee.
            Ffmpeg.check(
                    avformat.avformat_open_input(context, "", mp4, options),
                    Reason.TRUNCATED,
                    "the MP4 file is cut off or damaged");
            format = context;
        } finally {
            avutil.av_dict_free(options);
        }
    }

    @Override
    public void close() {
        AVFormatContext openFormat = format;
        format = null;
        if (openFormat != null) {
            avformat.avformat_close_input(openFormat);
        }
        AVIOContext openIo = io;
        io = null;
        if (openIo != null) {
            // The library may have replaced the buffer by another one.
            avutil.av_free(openIo.buffer());
            avformat.avio_context_free(openIo);
        }
        reader.close();
        seeker.close();
    }

    private final class Reader extends Read_packet_Pointer_BytePointer_int {
        @Override
        public int call(@Nullable Pointer opaque, BytePointer destination, int size) {
            long count = Math.min(size, file.byteSize() - readAt);
            if (count <= 0) {
                return Ffmpeg.END;
            }
            MemorySegment.ofBuffer(destination.capacity(count).asByteBuffer()).copyFrom(file.asSlice(readAt, count));
            readAt += count;
            return (int) count;
        }
    }

    private final class Seeker extends Seek_Pointer_long_int {
        @Override
        public long call(@Nullable Pointer opaque, long offset, int whence) {
            if (whence == avformat.AVSEEK_SIZE) {
                return file.byteSize();
            }
            long wanted = switch (whence & ~FORCE_SEEK) {
                case SEEK_SET -> offset;
                case SEEK_CURRENT -> readAt + offset;
                case SEEK_END -> file.byteSize() + offset;
                default -> -1;
            };
            if (wanted < 0) {
                return -1;
            }
            readAt = wanted;
            return wanted;
        }
    }
}
