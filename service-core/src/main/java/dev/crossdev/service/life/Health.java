package dev.crossdev.service.life;

import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.quarkus.grpc.runtime.health.GrpcHealthStorage;
import jakarta.inject.Singleton;
import java.util.List;

/** What {@code grpc.health.v1} says; the readiness check of the management interface follows it. */
@Singleton
class Health {

    private final GrpcHealthStorage storage;

    Health(GrpcHealthStorage storage) {
        this.storage = storage;
    }

    /** All services of this process turn to NOT_SERVING. */
    void notServing() {
        for (String service : List.copyOf(storage.getStatuses().keySet())) {
            storage.setStatus(service, ServingStatus.NOT_SERVING);
        }
    }
}
