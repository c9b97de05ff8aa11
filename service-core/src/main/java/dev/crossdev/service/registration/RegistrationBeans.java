package dev.crossdev.service.registration;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Makes the service's one log. */
final class RegistrationBeans {

    @Produces
    @Singleton
    RegistrationLog registrations() {
        return new RegistrationLog();
    }
}
