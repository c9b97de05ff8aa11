package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.proto.device.v1.ConfigContent;
import dev.crossdev.proto.device.v1.ConfigRead;
import dev.crossdev.proto.device.v1.ConfigWrite;
import dev.crossdev.proto.device.v1.DeviceEvent;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.device.v1.Opened;
import dev.crossdev.virtio.TraceContext;

/** The messages that the streams of all devices share, put into a particular stream's envelope by its subclass. */
abstract class StreamMessages<Q, A> {

    abstract Q wrap(Open open);

    abstract Q wrap(MemoryWrite write);

    abstract Q wrap(ConfigRead read);

    abstract Q wrap(ConfigWrite write);

    abstract Q traced(Q message, dev.crossdev.proto.device.v1.TraceContext trace);

    abstract A answer(Opened opened);

    abstract A answer(DeviceEvent event);

    abstract A answer(MemoryWrite write);

    abstract A answer(ConfigContent config);

    public final Q encodeOpen(OpenStream open) {
        return wrap(DeviceMessages.open(open));
    }

    public final Q encodeMemoryWrite(long address, ByteString data) {
        return wrap(DeviceMessages.memoryWrite(address, data));
    }

    public final Q encodeConfigRead(int offset, int length) {
        return wrap(ConfigRead.newBuilder().setOffset(offset).setLength(length).build());
    }

    public final Q encodeConfigWrite(int offset, ByteString data) {
        return wrap(ConfigWrite.newBuilder().setOffset(offset).setData(data).build());
    }

    public final Q traced(Q message, TraceContext trace) {
        return traced(message, DeviceMessages.trace(trace));
    }

    public final A opened(StreamOpened opened) {
        return answer(DeviceMessages.opened(opened));
    }

    public final A notice(DeviceNotice notice) {
        return answer(DeviceMessages.notice(notice));
    }

    public final A memoryWrite(long address, ByteString data) {
        return answer(DeviceMessages.memoryWrite(address, data));
    }

    public final A config(int offset, ByteString data) {
        return answer(DeviceMessages.config(offset, data));
    }
}
