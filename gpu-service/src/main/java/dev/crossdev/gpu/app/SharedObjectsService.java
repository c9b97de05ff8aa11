package dev.crossdev.gpu.app;

import dev.crossdev.gpu.objects.LocalObjects;
import dev.crossdev.gpu.objects.SharedObjectsDoor;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Singleton;

/** The exported objects' door as a bean. */
@GrpcService
@Singleton
public class SharedObjectsService extends SharedObjectsDoor {

    SharedObjectsService(LocalObjects objects) {
        super(objects);
    }
}
