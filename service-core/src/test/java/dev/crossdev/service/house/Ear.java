package dev.crossdev.service.house;

import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.timing.Answered;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An owner that writes down all that it hears, in order. */
final class Ear implements SessionListener<String> {

    final List<String> heard = new CopyOnWriteArrayList<>();

    void answer(Answered<String> answer) {
        heard.add("answer " + answer.response());
    }

    @Override
    public void opened(Features features, byte[] config, long epoch) {
        heard.add("opened " + epoch);
    }

    @Override
    public void event(String event) {
        heard.add("event " + event);
    }

    @Override
    public void configChanged(byte[] config) {
        heard.add("config of " + config.length);
    }

    @Override
    public void reset(long epoch) {
        heard.add("reset " + epoch);
    }

    @Override
    public void unplugged(String reason) {
        heard.add("unplugged " + reason);
    }

    @Override
    public void connectionDropped() {
        heard.add("dropped");
    }
}
