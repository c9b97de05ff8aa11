package dev.crossdev.grpc.dialect;

import dev.crossdev.proto.device.v1.Chain;
import dev.crossdev.proto.device.v1.ConfigContent;
import dev.crossdev.proto.device.v1.ConfigRead;
import dev.crossdev.proto.device.v1.ConfigWrite;
import dev.crossdev.proto.device.v1.DeviceEvent;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.device.v1.Opened;
import dev.crossdev.proto.device.v1.TraceContext;
import dev.crossdev.proto.device.v1.UsedChain;
import dev.crossdev.proto.video.v1.ControlQueueRequest;
import dev.crossdev.proto.video.v1.ControlQueueResponse;

/** The envelopes of {@code VideoDevice.ControlQueue}. */
abstract class VideoQueueMessages extends StreamMessages<ControlQueueRequest, ControlQueueResponse> {

    static ControlQueueRequest wrap(Chain chain) {
        return ControlQueueRequest.newBuilder().setChain(chain).build();
    }

    static ControlQueueResponse answer(UsedChain used) {
        return ControlQueueResponse.newBuilder().setUsed(used).build();
    }

    @Override
    ControlQueueRequest wrap(Open open) {
        return ControlQueueRequest.newBuilder().setOpen(open).build();
    }

    @Override
    ControlQueueRequest traced(ControlQueueRequest message, TraceContext trace) {
        return message.toBuilder().setTraceContext(trace).build();
    }

    @Override
    ControlQueueRequest wrap(MemoryWrite write) {
        return ControlQueueRequest.newBuilder().setMemoryWrite(write).build();
    }

    @Override
    ControlQueueRequest wrap(ConfigRead read) {
        return ControlQueueRequest.newBuilder().setConfigRead(read).build();
    }

    @Override
    ControlQueueRequest wrap(ConfigWrite write) {
        return ControlQueueRequest.newBuilder().setConfigWrite(write).build();
    }

    @Override
    ControlQueueResponse answer(Opened opened) {
        return ControlQueueResponse.newBuilder().setOpened(opened).build();
    }

    @Override
    ControlQueueResponse answer(DeviceEvent event) {
        return ControlQueueResponse.newBuilder().setEvent(event).build();
    }

    @Override
    ControlQueueResponse answer(MemoryWrite write) {
        return ControlQueueResponse.newBuilder().setMemoryWrite(write).build();
    }

    @Override
    ControlQueueResponse answer(ConfigContent config) {
        return ControlQueueResponse.newBuilder().setConfig(config).build();
    }
}
