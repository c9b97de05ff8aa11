package dev.crossdev.system;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import dev.crossdev.grpc.client.FirstAnswer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What grpcurl does: knows no contract, asks the server for it, and speaks JSON. */
final class ReflectedCall {

    private final Channel channel;

    ReflectedCall(Channel channel) {
        this.channel = channel;
    }

    /** The services that the server lists. */
    List<String> services() {
        return ask(ServerReflectionRequest.newBuilder().setListServices("").build())
                .getListServicesResponse()
                .getServiceList()
                .stream()
                .map(ServiceResponse::getName)
                .toList();
    }

    /** Calls a unary method, such as {@code virtio.gpu.v1.GpuDevice/Execute}. */
    String call(String method, String json) throws InvalidProtocolBufferException {
        int slash = method.indexOf('/');
        MethodDescriptor descriptor = file(ServerReflectionRequest.newBuilder()
                        .setFileContainingSymbol(method.substring(0, slash))
                        .build())
                .findServiceByName(method.substring(method.lastIndexOf('.', slash) + 1, slash))
                .findMethodByName(method.substring(slash + 1));
        DynamicMessage.Builder request = DynamicMessage.newBuilder(descriptor.getInputType());
        JsonFormat.parser().merge(json, request);
        DynamicMessage response = ClientCalls.blockingUnaryCall(
                channel,
                io.grpc.MethodDescriptor.<DynamicMessage, DynamicMessage>newBuilder()
                        .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName(method)
                        .setRequestMarshaller(
                                ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(descriptor.getInputType())))
                        .setResponseMarshaller(
                                ProtoUtils.marshaller(DynamicMessage.getDefaultInstance(descriptor.getOutputType())))
                        .build(),
                CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
                request.build());
        return JsonFormat.printer()
                .usingTypeRegistry(TypeRegistry.getEmptyTypeRegistry())
                .print(response);
    }

    private FileDescriptor file(ServerReflectionRequest request) {
        Map<String, FileDescriptorProto> files = new HashMap<>();
        FileDescriptorProto wanted = fetch(request, files);
        return build(wanted, files, new HashMap<>());
    }

    private FileDescriptorProto fetch(ServerReflectionRequest request, Map<String, FileDescriptorProto> files) {
        try {
            FileDescriptorProto first = null;
            for (var bytes : ask(request).getFileDescriptorResponse().getFileDescriptorProtoList()) {
                FileDescriptorProto file = FileDescriptorProto.parseFrom(bytes);
                files.putIfAbsent(file.getName(), file);
                first = first == null ? file : first;
            }
            if (first == null) {
                throw new AssertionError("the server does not know " + request);
            }
            for (String dependency : first.getDependencyList()) {
                if (!files.containsKey(dependency)) {
                    fetch(
                            ServerReflectionRequest.newBuilder()
                                    .setFileByFilename(dependency)
                                    .build(),
                            files);
                }
            }
            return first;
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private static FileDescriptor build(
            FileDescriptorProto file, Map<String, FileDescriptorProto> files, Map<String, FileDescriptor> built) {
        FileDescriptor known = built.get(file.getName());
        if (known != null) {
            return known;
        }
        FileDescriptor[] dependencies = file.getDependencyList().stream()
                .map(name -> build(java.util.Objects.requireNonNull(files.get(name), name), files, built))
                .toArray(FileDescriptor[]::new);
        try {
            FileDescriptor descriptor = FileDescriptor.buildFrom(file, dependencies);
            built.put(file.getName(), descriptor);
            return descriptor;
        } catch (DescriptorValidationException e) {
            throw new AssertionError(e);
        }
    }

    private ServerReflectionResponse ask(ServerReflectionRequest request) {
        FirstAnswer<ServerReflectionResponse> answer = new FirstAnswer<>();
        StreamObserver<ServerReflectionRequest> requests =
                ServerReflectionGrpc.newStub(channel).serverReflectionInfo(answer);
        requests.onNext(request);
        ServerReflectionResponse response =
                answer.future().orTimeout(10, TimeUnit.SECONDS).join();
        requests.onCompleted();
        return response;
    }
}
