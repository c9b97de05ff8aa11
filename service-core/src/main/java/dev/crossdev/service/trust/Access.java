package dev.crossdev.service.trust;

import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc;
import dev.crossdev.proto.video.v1.VideoDeviceGrpc;
import io.grpc.MethodDescriptor;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who may call a method. One that is not listed here may be called by nobody. */
enum Access {

    /** Also those without a certificate: a probe has none. */
    EVERYBODY,

    /** Whoever has a certificate: says nothing of any guest. */
    ANY_PEER(Role.GUEST, Role.IMPORTER, Role.ADMIN),

    /** To have devices. */
    OWN(Role.GUEST),

    /** To see: guests what is theirs, others all. */
    SEE(Role.GUEST, Role.ADMIN),

    /** To see exported objects. */
    SEE_OBJECTS(Role.GUEST, Role.IMPORTER, Role.ADMIN),

    /** To reach the memory of exported objects. */
    IMPORT(Role.IMPORTER),

    /** To change what belongs to others. */
    OPERATE(Role.ADMIN);

    private static final Map<String, Access> BY_METHOD = byMethod();

    private final Set<Role> roles = EnumSet.noneOf(Role.class);

    Access(Role... roles) {
        this.roles.addAll(Set.of(roles));
    }

    /** The method's; empty for one that nobody may call. */
    static Optional<Access> to(MethodDescriptor<?, ?> method) {
        return Optional.ofNullable(BY_METHOD.get(method.getFullMethodName()));
    }

    /** Whether a peer with these roles may call. */
    boolean allows(Set<Role> held) {
        return roles.stream().anyMatch(held::contains);
    }

    /** Whether it is as a guest alone that a peer with these roles may call: then it may speak of itself only. */
    boolean bindsGuest(Set<Role> held) {
        return this != ANY_PEER
                && roles.contains(Role.GUEST)
                && roles.stream().filter(held::contains).allMatch(role -> role == Role.GUEST);
    }

    /** Whether guests may call, whose name must then be found in the request. */
    boolean isForGuests() {
        return this != ANY_PEER && roles.contains(Role.GUEST);
    }

    private static Map<String, Access> byMethod() {
        Map<String, Access> all = new HashMap<>();
        for (String health : Set.of("Check", "Watch", "List")) {
            all.put("grpc.health.v1.Health/" + health, EVERYBODY);
        }
        for (String version : Set.of("v1", "v1alpha")) {
            all.put("grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo", ANY_PEER);
        }

        put(all, ANY_PEER, GpuDeviceGrpc.getDescribeMethod(), VideoDeviceGrpc.getDescribeMethod());
        put(
                all,
                OWN,
                GpuDeviceGrpc.getCommandStreamMethod(),
                GpuDeviceGrpc.getControlQueueMethod(),
                GpuDeviceGrpc.getExecuteMethod(),
                VideoDeviceGrpc.getCommandStreamMethod(),
                VideoDeviceGrpc.getControlQueueMethod(),
                VideoDeviceGrpc.getExecuteMethod());

        put(all, SEE_OBJECTS, SharedObjectsGrpc.getGetMethod(), SharedObjectsGrpc.getListMethod());
        put(
                all,
                IMPORT,
                SharedObjectsGrpc.getAttachMethod(),
                SharedObjectsGrpc.getDetachMethod(),
                SharedObjectsGrpc.getWatchMethod(),
                SharedObjectsGrpc.getReadMethod(),
                SharedObjectsGrpc.getWriteMethod());

        put(
                all,
                SEE,
                DeviceAdminGrpc.getListDevicesMethod(),
                DeviceAdminGrpc.getGetDeviceMethod(),
                DeviceAdminGrpc.getWatchDevicesMethod(),
                DeviceAdminGrpc.getListBuffersMethod(),
                DeviceAdminGrpc.getCaptureScanoutMethod(),
                DeviceAdminGrpc.getTapDeviceMethod(),
                DeviceAdminGrpc.getGetDisplaysMethod(),
                DeviceAdminGrpc.getReportRegistrationsMethod(),
                DeviceAdminGrpc.getListRegistrationsMethod());
        put(
                all,
                OPERATE,
                DeviceAdminGrpc.getResetDeviceMethod(),
                DeviceAdminGrpc.getDeleteDeviceMethod(),
                DeviceAdminGrpc.getSetDisplayMethod(),
                DeviceAdminGrpc.getSetTimingMethod(),
                DeviceAdminGrpc.getInjectFaultMethod(),
                DeviceAdminGrpc.getClearFaultsMethod());
        return Map.copyOf(all);
    }

    private static void put(Map<String, Access> all, Access access, MethodDescriptor<?, ?>... methods) {
        for (MethodDescriptor<?, ?> method : methods) {
            all.put(method.getFullMethodName(), access);
        }
    }
}
