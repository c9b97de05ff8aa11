package dev.crossdev.grpc.client;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what it hears. */
final class RecordingListener implements StreamListener<Object> {

    final List<String> heard = new CopyOnWriteArrayList<>();

    @Override
    public void event(Object event) {
        heard.add("event " + event);
    }

    @Override
    public void memoryWritten(long address, ByteString data) {
        heard.add("memory " + address + " " + data.toStringUtf8());
    }

    @Override
    public void configChanged(int offset, ByteString data) {
        heard.add("config " + offset + " " + data.toStringUtf8());
    }

    @Override
    public void reset(long epoch) {
        heard.add("reset " + epoch);
    }

    @Override
    public void violation(Violations.Kind kind, String detail) {
        heard.add("violation " + kind);
    }

    @Override
    public void closed(ErrnoException why) {
        heard.add("closed " + why.errno());
    }
}
