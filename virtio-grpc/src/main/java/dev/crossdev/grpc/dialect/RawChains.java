package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.crossdev.proto.device.v1.Chain;
import dev.crossdev.proto.device.v1.UsedChain;

/** {@code virtio.device.v1.Chain} and {@code UsedChain} as records and back. */
final class RawChains {

    private RawChains() {}

    static Chain chain(long sequence, RawChain chain) {
        return Chain.newBuilder()
                .setSequence(sequence)
                .setQueue(chain.queue())
                .setReadable(chain.readable())
                .setWritableSize(chain.writableSize())
                .build();
    }

    /** @param written not changed afterwards by anyone */
    static UsedChain used(long sequence, byte[] written, Times times) {
        return UsedChain.newBuilder()
                .setSequence(sequence)
                .setWritten(UnsafeByteOperations.unsafeWrap(written))
                .setTimes(DeviceMessages.times(times))
                .build();
    }

    /** For what no command has caused: without times. */
    static UsedChain used(long sequence, byte[] written) {
        return UsedChain.newBuilder()
                .setSequence(sequence)
                .setWritten(UnsafeByteOperations.unsafeWrap(written))
                .build();
    }

    static long writable(Chain chain) {
        return Integer.toUnsignedLong(chain.getWritableSize());
    }

    /** The chain of a virtqueue that is not there: nothing is written to it. */
    static Chain withoutRoom(Chain chain) {
        return chain.toBuilder().setWritableSize(0).build();
    }

    static Outbound<ByteString, NoEvent> completionOf(UsedChain message) {
        return new Outbound.Completion<>(
                message.getSequence(), message.getWritten(), DeviceMessages.timesOf(message.getTimes()));
    }
}
