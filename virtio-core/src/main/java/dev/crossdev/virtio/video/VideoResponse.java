package dev.crossdev.virtio.video;

import java.util.List;

/** What a video device can answer (virtio-video RFC v3). */
public sealed interface VideoResponse {

    VideoResult result();

    default boolean isError() {
        return result().isError();
    }

    record OkNodata() implements VideoResponse {
        @Override
        public VideoResult result() {
            return VideoResult.OK_NODATA;
        }
    }

    record OkQueryCapability(List<FormatDesc> formats) implements VideoResponse {
        public OkQueryCapability {
            formats = List.copyOf(formats);
            if (formats.size() > VideoLimits.MAX_FORMATS) {
                throw new IllegalArgumentException(formats.size() + " formats");
            }
        }

        @Override
        public VideoResult result() {
            return VideoResult.OK_QUERY_CAPABILITY;
        }
    }

    /**
     * @param timestamp for an output, that of the input it was made of
     * @param flags {@link BufferFlags}
     * @param size bytes written
     */
    record OkResourceQueue(long timestamp, int flags, int size) implements VideoResponse {

        /** A buffer handed back without content: cleared, destroyed, or revoked. */
        public static final OkResourceQueue TAKEN_BACK = new OkResourceQueue(0, BufferFlags.ERR, 0);

        public boolean has(int flag) {
            return (flags & flag) != 0;
        }

        @Override
        public VideoResult result() {
            return VideoResult.OK_RESOURCE_QUEUE;
        }
    }

    record OkGetParams(VideoParams params) implements VideoResponse {
        @Override
        public VideoResult result() {
            return VideoResult.OK_GET_PARAMS;
        }
    }

    /** The answer to GET_PARAMS_EXT, of the same type on the wire. */
    record OkGetParamsExt(VideoParams params, MemType memType) implements VideoResponse {
        @Override
        public VideoResult result() {
            return VideoResult.OK_GET_PARAMS;
        }
    }

    record OkQueryControl(List<Integer> values) implements VideoResponse {
        public OkQueryControl {
            values = List.copyOf(values);
        }

        @Override
        public VideoResult result() {
            return VideoResult.OK_QUERY_CONTROL;
        }
    }

    record OkGetControl(int value) implements VideoResponse {
        @Override
        public VideoResult result() {
            return VideoResult.OK_GET_CONTROL;
        }
    }

    record Err(VideoResult code) implements VideoResponse {
        public Err {
            if (!code.isError()) {
                throw new IllegalArgumentException(code + " is no error");
            }
        }

        @Override
        public VideoResult result() {
            return code;
        }
    }
}
