package dev.crossdev.service.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.admin.v1.Device;
import dev.crossdev.proto.admin.v1.ListDevicesRequest;
import dev.crossdev.proto.admin.v1.ListDevicesResponse;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.device.v1.Open;
import dev.crossdev.proto.gpu.v1.CommandStreamRequest;
import dev.crossdev.proto.gpu.v1.DescribeRequest;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GuestFieldsTest {

    private static Message bind(Message request) {
        return GuestFields.in(request.getDescriptorForType()).bind(request, "alice");
    }

    @Test
    void aRequestOfTheGuestsOwnIsLeftAsItIs() {
        ExecuteRequest request =
                ExecuteRequest.newBuilder().setGuest("alice").setDevice("vm0").build();
        assertThat(bind(request)).isSameAs(request);
    }

    @Test
    void aRequestThatNamesNobodyIsTheGuestsOwn() {
        assertThat(bind(ExecuteRequest.newBuilder().setDevice("vm0").build()))
                .isEqualTo(ExecuteRequest.newBuilder()
                        .setGuest("alice")
                        .setDevice("vm0")
                        .build());
        assertThat(bind(ListDevicesRequest.newBuilder().setGuest(" ").build()))
                .isEqualTo(ListDevicesRequest.newBuilder().setGuest("alice").build());
    }

    @Test
    void aRequestThatNamesAnotherGuestIsOfSomethingThatIsNotThere() {
        assertThatThrownBy(
                        () -> bind(ExecuteRequest.newBuilder().setGuest("bob").build()))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void theGuestIsFoundInTheMessagesOfAStreamAsWell() {
        CommandStreamRequest unsaid = CommandStreamRequest.newBuilder()
                .setOpen(Open.newBuilder().setDevice("vm0"))
                .build();
        assertThat(bind(unsaid))
                .isEqualTo(CommandStreamRequest.newBuilder()
                        .setOpen(Open.newBuilder().setGuest("alice").setDevice("vm0"))
                        .build());
        CommandStreamRequest other = CommandStreamRequest.newBuilder()
                .setOpen(Open.newBuilder().setGuest("bob"))
                .build();
        assertThatThrownBy(() -> bind(other)).isInstanceOf(ErrnoException.class);
        CommandStreamRequest later = CommandStreamRequest.newBuilder()
                .setMemoryWrite(MemoryWrite.getDefaultInstance())
                .build();
        assertThat(bind(later)).isSameAs(later);
    }

    @Test
    void aRequestWithoutGuestsHasNone() {
        assertThat(GuestFields.in(DescribeRequest.getDescriptor()).isEmpty()).isTrue();
    }

    @Test
    void aListOfGuestsIsNotOverlooked() {
        assertThat(GuestFields.in(Device.getDescriptor()).isEmpty()).isFalse();
        assertThatThrownBy(() -> GuestFields.in(ListDevicesResponse.getDescriptor()))
                .isInstanceOf(IllegalStateException.class);
    }

    /** A field by another name would not be looked at. */
    @ParameterizedTest
    @MethodSource("dev.crossdev.service.trust.AccessTest#methods")
    void whatNamesAGuestIsCalledGuest(MethodDescriptor<?, ?> method) {
        ProtoMethodDescriptorSupplier contract =
                (ProtoMethodDescriptorSupplier) Objects.requireNonNull(method.getSchemaDescriptor());
        Set<String> names = new HashSet<>();
        collect(contract.getMethodDescriptor().getInputType(), names, new HashSet<>());
        names.remove("guest");
        assertThat(names)
                .noneMatch(name -> name.contains("guest") || name.contains("tenant") || name.contains("owner"));
    }

    private static void collect(Descriptor message, Set<String> names, Set<Descriptor> seen) {
        if (!seen.add(message)) {
            return;
        }
        for (FieldDescriptor field : message.getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                collect(field.getMessageType(), names, seen);
            } else if (field.getJavaType() == FieldDescriptor.JavaType.STRING) {
                names.add(field.getName());
            }
        }
    }
}
