package dev.crossdev.guest.video;

import dev.crossdev.dmabuf.Violations;
import dev.crossdev.guest.driver.ViolationListener;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Takes the video device's events to the streams they are about. Made before the device is opened. */
public final class VideoEvents extends ViolationListener<VideoEvent> {

    private final Violations violations;
    private final Map<Integer, Consumer<VideoEventType>> streams = new ConcurrentHashMap<>();

    /** @param violations hears of what the device did against the protocol, events for unknown streams included */
    public VideoEvents(Violations violations) {
        super(violations);
        this.violations = violations;
    }

    @Override
    public void event(VideoEvent event) {
        Consumer<VideoEventType> stream = streams.get(event.streamId());
        if (stream == null) {
            violations.report(Violations.Kind.UNKNOWN_OBJECT, event.type() + " of stream " + event.streamId());
        } else {
            stream.accept(event.type());
        }
    }

    void subscribe(int streamId, Consumer<VideoEventType> listener) {
        streams.put(streamId, listener);
    }

    void unsubscribe(int streamId) {
        streams.remove(streamId);
    }
}
