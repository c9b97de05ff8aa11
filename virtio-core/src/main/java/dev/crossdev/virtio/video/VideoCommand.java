package dev.crossdev.virtio.video;

import java.util.List;

/**
 * What a driver can ask of a video device, named after virtio-video RFC v3.
 *
 * <p>Stream ids and resource ids are chosen by the driver. All numbers are unsigned. Formats and layouts are what came
 * over the wire, right or wrong; queue and memory types are checked when the message is read.
 */
public sealed interface VideoCommand {

    /** 0 for a command that is about no stream. */
    int streamId();

    VideoCommandType type();

    /** Names the queue that the command is about, for those that are about one. */
    sealed interface OfQueue extends VideoCommand {
        QueueType queueType();
    }

    record QueryCapability(QueueType queueType) implements OfQueue {
        @Override
        public int streamId() {
            return 0;
        }

        @Override
        public VideoCommandType type() {
            return VideoCommandType.QUERY_CAPABILITY;
        }
    }

    /**
     * @param codedFormat number of a {@link VideoFormat}, or any other number
     * @param tag a name for people, at most 64 bytes of UTF-8 travel
     */
    record StreamCreate(int streamId, MemType inMemType, MemType outMemType, int codedFormat, String tag)
            implements VideoCommand {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.STREAM_CREATE;
        }
    }

    record StreamDestroy(int streamId) implements VideoCommand {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.STREAM_DESTROY;
        }
    }

    record StreamDrain(int streamId) implements VideoCommand {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.STREAM_DRAIN;
        }
    }

    /**
     * @param planesLayout number of a {@link PlanesLayout}, or any other number
     * @param planeOffsets byte at which each plane begins, as many as planes
     * @param planes the entries of each plane; at most eight planes
     */
    record ResourceCreate(
            int streamId,
            QueueType queueType,
            int resourceId,
            int planesLayout,
            List<Integer> planeOffsets,
            List<List<ResourceEntry>> planes)
            implements OfQueue {
        public ResourceCreate {
            planeOffsets = List.copyOf(planeOffsets);
            planes = planes.stream().map(List::copyOf).toList();
            if (planes.size() != planeOffsets.size() || planes.size() > VideoLimits.MAX_PLANES) {
                throw new IllegalArgumentException(planes.size() + " planes, " + planeOffsets.size() + " offsets");
            }
        }

        /** One plane in one buffer, from its first byte on. */
        public static ResourceCreate singlePlane(
                int streamId, QueueType queueType, int resourceId, List<ResourceEntry> entries) {
            return new ResourceCreate(
                    streamId, queueType, resourceId, PlanesLayout.SINGLE_BUFFER.number(), List.of(0), List.of(entries));
        }

        @Override
        public VideoCommandType type() {
            return VideoCommandType.RESOURCE_CREATE;
        }
    }

    /**
     * Answered when the buffer has been consumed or filled.
     *
     * @param timestamp the driver's own, copied from an input to the outputs made of it
     * @param dataSizes bytes in each plane, at most eight
     */
    record ResourceQueue(int streamId, QueueType queueType, int resourceId, long timestamp, List<Integer> dataSizes)
            implements OfQueue {
        public ResourceQueue {
            dataSizes = List.copyOf(dataSizes);
            if (dataSizes.size() > VideoLimits.MAX_PLANES) {
                throw new IllegalArgumentException(dataSizes.size() + " data sizes");
            }
        }

        @Override
        public VideoCommandType type() {
            return VideoCommandType.RESOURCE_QUEUE;
        }
    }

    record ResourceDestroyAll(int streamId, QueueType queueType) implements OfQueue {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.RESOURCE_DESTROY_ALL;
        }
    }

    record QueueClear(int streamId, QueueType queueType) implements OfQueue {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.QUEUE_CLEAR;
        }
    }

    record GetParams(int streamId, QueueType queueType) implements OfQueue {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.GET_PARAMS;
        }
    }

    record SetParams(int streamId, VideoParams params) implements OfQueue {
        @Override
        public QueueType queueType() {
            return params.queueType();
        }

        @Override
        public VideoCommandType type() {
            return VideoCommandType.SET_PARAMS;
        }
    }

    /**
     * @param control number of a {@link VideoControl}, or any other number
     * @param format for PROFILE and LEVEL: the format whose values are asked for; 0 otherwise
     */
    record QueryControl(int streamId, int control, int format) implements VideoCommand {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.QUERY_CONTROL;
        }
    }

    /** @param control number of a {@link VideoControl}, or any other number */
    record GetControl(int streamId, int control) implements VideoCommand {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.GET_CONTROL;
        }
    }

    /**
     * @param control number of a {@link VideoControl}, or any other number
     * @param value 0 for a control without one
     */
    record SetControl(int streamId, int control, int value) implements VideoCommand {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.SET_CONTROL;
        }
    }

    record GetParamsExt(int streamId, QueueType queueType) implements OfQueue {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.GET_PARAMS_EXT;
        }
    }

    /** @param memType what the queue's next resources are made of */
    record SetParamsExt(int streamId, VideoParams params, MemType memType) implements OfQueue {
        @Override
        public QueueType queueType() {
            return params.queueType();
        }

        @Override
        public VideoCommandType type() {
            return VideoCommandType.SET_PARAMS_EXT;
        }
    }

    /**
     * A number that the dialect does not know. A device answers ERR_INVALID_OPERATION.
     *
     * @param number on the wire
     */
    record Unsupported(int streamId, int number) implements VideoCommand {
        @Override
        public VideoCommandType type() {
            return VideoCommandType.UNDEFINED;
        }
    }
}
