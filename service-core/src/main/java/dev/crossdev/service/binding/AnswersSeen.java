package dev.crossdev.service.binding;

import dev.crossdev.service.house.CommandListener;
import dev.crossdev.service.house.CommandTrace;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.RegistrationAnswer;
import dev.crossdev.service.metrics.CommandMeter;
import dev.crossdev.service.registration.RegistrationLog;
import dev.crossdev.service.trace.CommandSpans;
import dev.crossdev.virtio.capture.CommandOrigin;
import org.jspecify.annotations.Nullable;

/**
 * Who hears of the devices' answers.
 *
 * @param type of the devices
 */
record AnswersSeen(String type, CommandMeter meter, CommandSpans spans, RegistrationLog registrations)
        implements CommandListener {

    @Override
    public @Nullable CommandTrace taken(DeviceKey device, String command, CommandOrigin origin) {
        return spans.taken(type, device, command, origin);
    }

    @Override
    public void answered(String command, String response, long nanos) {
        meter.answered(command, response, nanos);
    }

    @Override
    public void framePassed() {
        meter.framePassed();
    }

    @Override
    public void registered(DeviceKey device, RegistrationAnswer answer, long receivedNanos, long answeredNanos) {
        registrations.answered(device, answer, receivedNanos, answeredNanos);
    }
}
