package dev.crossdev.grpc.dialect;

import dev.crossdev.proto.device.v1.Chain;
import dev.crossdev.proto.device.v1.UsedChain;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.capture.RawBuffer;
import java.util.Optional;
import java.util.function.Function;

/**
 * The answer to a chain: what the device writes, cut to what it may write.
 *
 * @param encoder the device type's
 * @param envelope of the stream
 */
record ChainReply<R, M>(Chain chain, Encoder<R> encoder, Function<UsedChain, M> envelope) implements Reply<R, M> {

    /** What is written where there is room for so many bytes. */
    @FunctionalInterface
    interface Encoder<R> {
        byte[] encode(R response, long writable);
    }

    @Override
    public M message(R response, Times times) {
        return envelope.apply(
                RawChains.used(chain.getSequence(), encoder.encode(response, RawChains.writable(chain)), times));
    }

    @Override
    public Optional<RawBuffer> buffer() {
        return Optional.of(new RawBuffer(
                chain.getQueue(), Bytes.of(chain.getReadable().toByteArray()), RawChains.writable(chain)));
    }
}
