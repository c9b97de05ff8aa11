package dev.crossdev.grpc.dialect;

import dev.crossdev.proto.device.v1.ServiceDescription;
import dev.crossdev.virtio.Features;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a service says of itself before anything is opened.
 *
 * @param descriptorSocket where it takes and gives memory descriptors on its machine; empty when there is none
 * @param bootId its machine
 * @param features that its devices offer
 * @param featureNames of those
 * @param instance another one means that all its devices are new
 */
public record ServiceInfo(
        String version,
        Optional<Path> descriptorSocket,
        BootId bootId,
        Features features,
        List<String> featureNames,
        String instance) {

    public ServiceInfo {
        featureNames = List.copyOf(featureNames);
    }

    /** Whether it runs on this machine, so that memory may be shared with it. */
    public boolean isSameMachine() {
        return bootId.isSameMachine(BootId.local());
    }

    public ServiceDescription toProto() {
        return ServiceDescription.newBuilder()
                .setVersion(version)
                .setDescriptorSocket(descriptorSocket.map(Path::toString).orElse(""))
                .setBootId(bootId.bytes())
                .setFeatures(features.bits())
                .addAllFeatureNames(featureNames)
                .setInstance(instance)
                .build();
    }

    public static ServiceInfo fromProto(ServiceDescription message) {
        return new ServiceInfo(
                message.getVersion(),
                pathOf(message.getDescriptorSocket()),
                BootId.of(message.getBootId()),
                new Features(message.getFeatures()),
                message.getFeatureNamesList(),
                message.getInstance());
    }

    private static Optional<Path> pathOf(String text) {
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
        } catch (InvalidPathException e) {
            // A socket that cannot be named cannot be reached; the service works without it.
            return Optional.empty();
        }
    }
}
