package dev.crossdev.service.binding;

import dev.crossdev.service.house.CommandListener;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.RegistrationAnswer;
import dev.crossdev.service.metrics.CommandMeter;
import dev.crossdev.service.registration.RegistrationLog;

/** Who hears of the devices' answers. */
record AnswersSeen(CommandMeter meter, RegistrationLog registrations) implements CommandListener {

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
