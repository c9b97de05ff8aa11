package dev.crossdev.service.trust;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import io.grpc.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Where a request names a guest: every string field {@code guest} of it, and of the messages in it. Found in the contract,
 * so that a new method's cannot be forgotten.
 */
final class GuestFields {

    private static final String NAME = "guest";

    private final List<List<FieldDescriptor>> paths = new ArrayList<>();

    private GuestFields() {}

    /** Those of a method's requests. */
    static GuestFields of(MethodDescriptor<?, ?> method) {
        if (!(method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier contract)) {
            throw new IllegalStateException("nobody knows the requests of " + method.getFullMethodName());
        }
        return in(contract.getMethodDescriptor().getInputType());
    }

    static GuestFields in(Descriptor request) {
        GuestFields fields = new GuestFields();
        fields.find(request, List.of(), new HashSet<>());
        return fields;
    }

    /** Whether a request can name no guest at all. */
    boolean isEmpty() {
        return paths.isEmpty();
    }

    /**
     * The request, in which this guest speaks of itself: it need not say its name.
     *
     * @throws ErrnoException ENOENT when it says another's, whatever that other has or has not
     */
    Message bind(Message request, String guest) {
        Message bound = request;
        for (List<FieldDescriptor> path : paths) {
            bound = bind(bound, path, guest);
        }
        return bound;
    }

    private static Message bind(Message message, List<FieldDescriptor> path, String guest) {
        FieldDescriptor field = path.getFirst();
        if (path.size() > 1) {
            if (!message.hasField(field)) {
                return message;
            }
            Message inner = (Message) message.getField(field);
            Message bound = bind(inner, path.subList(1, path.size()), guest);
            return bound == inner
                    ? message
                    : message.toBuilder().setField(field, bound).build();
        }
        String said = (String) message.getField(field);
        if (said.equals(guest)) {
            return message;
        }
        if (said.isBlank()) {
            return message.toBuilder().setField(field, guest).build();
        }
        throw new ErrnoException(Errno.ENOENT, "there is no such device or object");
    }

    private void find(Descriptor message, List<FieldDescriptor> above, Set<Descriptor> on) {
        if (!on.add(message)) {
            return;
        }
        for (FieldDescriptor field : message.getFields()) {
            List<FieldDescriptor> path = new ArrayList<>(above);
            path.add(field);
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                int before = paths.size();
                find(field.getMessageType(), path, on);
                if (field.isRepeated() && paths.size() > before) {
                    throw new IllegalStateException(
                            field.getFullName() + " names many guests, of which none is checked");
                }
            } else if (field.getName().equals(NAME) && field.getJavaType() == FieldDescriptor.JavaType.STRING) {
                if (field.isRepeated()) {
                    throw new IllegalStateException(
                            field.getFullName() + " names many guests, of which none is checked");
                }
                paths.add(path);
            }
        }
        on.remove(message);
    }
}
