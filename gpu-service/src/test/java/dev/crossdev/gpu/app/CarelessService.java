package dev.crossdev.gpu.app;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.proto.device.v1.ServiceDescription;
import dev.crossdev.proto.video.v1.DescribeRequest;
import dev.crossdev.proto.video.v1.DescribeResponse;
import dev.crossdev.proto.video.v1.ExecuteRequest;
import dev.crossdev.proto.video.v1.ExecuteResponse;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.quarkus.grpc.runtime.GrpcServer;
import jakarta.inject.Singleton;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A service that only tests have, in the clothes of a contract that this process does not serve otherwise. Its methods do
 * what careful ones avoid, so that the interceptors are seen to help by themselves.
 */
@GrpcService
@Singleton
public class CarelessService extends VideoDeviceGrpc.VideoDeviceImplBase {

    /** Asks {@link #describe} for an answer that comes only when it is too late, and is sent all the same. */
    static final String LATE = "late";

    private final GrpcServer server;
    private volatile CountDownLatch answeredLate = new CountDownLatch(1);

    CarelessService(GrpcServer server) {
        this.server = server;
    }

    /** Goes down when the next late answer has been given. */
    CountDownLatch nextLateAnswer() {
        answeredLate = new CountDownLatch(1);
        return answeredLate;
    }

    /** Says how many milliseconds the caller's deadline leaves; "none" without one. */
    @Override
    public void describe(DescribeRequest request, StreamObserver<DescribeResponse> responses) {
        Deadline deadline = Context.current().getDeadline();
        String left = deadline == null ? "none" : String.valueOf(deadline.timeRemaining(TimeUnit.MILLISECONDS));
        responses.onNext(DescribeResponse.newBuilder()
                .setService(ServiceDescription.newBuilder().setVersion(left))
                .build());
        responses.onCompleted();
    }

    /** Either answers after the client has gone, or passes the question for the deadline on to the service itself. */
    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> responses) {
        if (request.getDevice().equals(LATE)) {
            answerLate((ServerCallStreamObserver<ExecuteResponse>) responses);
        } else {
            Thread.startVirtualThread(Context.current().wrap(() -> passOn(responses)));
        }
    }

    private void answerLate(ServerCallStreamObserver<ExecuteResponse> responses) {
        CountDownLatch answered = answeredLate;
        responses.setOnCancelHandler(() -> Thread.startVirtualThread(() -> {
            responses.onNext(ExecuteResponse.getDefaultInstance());
            responses.onCompleted();
            answered.countDown();
        }));
    }

    private void passOn(StreamObserver<ExecuteResponse> responses) {
        ManagedChannel channel = Channels.plaintext("127.0.0.1", server.getPort());
        try {
            DescribeResponse response =
                    VideoDeviceGrpc.newBlockingStub(channel).describe(DescribeRequest.getDefaultInstance());
            responses.onNext(ExecuteResponse.newBuilder()
                    .setMemory(ByteString.copyFromUtf8(response.getService().getVersion()))
                    .build());
            responses.onCompleted();
        } finally {
            channel.shutdownNow();
        }
    }
}
