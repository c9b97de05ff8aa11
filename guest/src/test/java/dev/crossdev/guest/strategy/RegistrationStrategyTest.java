package dev.crossdev.guest.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.guest.timeline.WaitPlace;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RegistrationStrategyTest {

    private static final UUID FIELD = new UUID(0, 0);
    private static final UUID ANSWER = new UUID(1, 1);

    private final List<String> calls = new ArrayList<>();
    private final Registration registration = new Registration() {
        @Override
        public void send() {
            calls.add("send");
        }

        @Override
        public void awaitAnswer(WaitPlace where) {
            calls.add("wait");
        }

        @Override
        public UUID awaitUuid() {
            calls.add("wait");
            return ANSWER;
        }

        @Override
        public UUID fieldAsItStands() {
            calls.add("peek");
            return FIELD;
        }
    };

    @ParameterizedTest
    @CsvSource({
        "block-at-allocation, allocate send wait export get_uuid wait",
        "block-at-export,     allocate send export wait get_uuid wait",
        "deferred,            allocate export send get_uuid wait",
        "eager-deferred,      allocate send export get_uuid wait",
        "unsynchronised,      allocate export send get_uuid peek",
    })
    void eachStrategyRegistersAndWaitsWhereItsNameSays(String name, String expected) {
        RegistrationStrategy strategy = RegistrationStrategy.named(name).orElseThrow();
        calls.add("allocate");
        strategy.allocated(registration);
        calls.add("export");
        strategy.exported(registration);
        calls.add("get_uuid");
        UUID uuid = strategy.uuid(registration);

        assertThat(String.join(" ", calls)).isEqualTo(expected);
        assertThat(uuid).isEqualTo(strategy.safe() ? ANSWER : FIELD);
    }

    @ParameterizedTest
    @EnumSource
    void everyStrategyIsFoundByItsName(RegistrationStrategy strategy) {
        assertThat(RegistrationStrategy.named(strategy.toString())).contains(strategy);
    }

    @Test
    void anUnknownNameNamesNone() {
        assertThat(RegistrationStrategy.named("deferred ")).isEmpty();
        assertThat(RegistrationStrategy.named("")).isEmpty();
    }
}
