package dev.crossdev.virtio.gpu;

import dev.crossdev.virtio.timing.FaultyResponses;
import java.util.UUID;

/** What injected faults look like on a GPU device. */
public final class GpuFaults implements FaultyResponses<GpuRequest, GpuReply> {

    @Override
    public String nameOf(GpuRequest request) {
        return request.command().type().name();
    }

    /** A code that the spec does not know becomes ERR_UNSPEC. */
    @Override
    public GpuReply error(GpuRequest request, int code) {
        GpuResult result = GpuResult.of(code).filter(GpuResult::isError).orElse(GpuResult.ERR_UNSPEC);
        return request.reply(new GpuResponse.Err(result));
    }

    @Override
    public GpuReply failed(GpuRequest request) {
        return request.reply(new GpuResponse.Err(GpuResult.ERR_UNSPEC));
    }

    @Override
    public GpuReply withOtherUuid(GpuReply reply) {
        return reply.response() instanceof GpuResponse.OkResourceUuid
                ? new GpuReply(reply.header(), new GpuResponse.OkResourceUuid(UUID.randomUUID()))
                : reply;
    }
}
