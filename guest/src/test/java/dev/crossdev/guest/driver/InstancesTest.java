package dev.crossdev.guest.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InstancesTest {

    private static List<String> hosts(String hosts, String guest) {
        return Instances.of(new ServiceAddress("gpu-service", hosts, 8081), guest).stream()
                .map(ServiceAddress::host)
                .toList();
    }

    @Test
    void oneAddressIsTakenAsItIs() {
        assertThat(Instances.of(new ServiceAddress("gpu-service", "127.0.0.1", 8081), "alice"))
                .containsExactly(new ServiceAddress("gpu-service", "127.0.0.1", 8081));
        assertThat(hosts("localhost", "alice")).containsExactly("localhost");
        assertThat(hosts("no-such-host.invalid", "alice")).containsExactly("no-such-host.invalid");
    }

    @Test
    void everybodyComesToTheSameInstanceHoweverTheyAreListed() {
        assertThat(hosts("10.0.0.1,10.0.0.2,10.0.0.3", "alice"))
                .containsExactlyInAnyOrder("10.0.0.1", "10.0.0.2", "10.0.0.3")
                .isEqualTo(hosts("10.0.0.3, 10.0.0.1,10.0.0.2,10.0.0.1", "alice"));
    }

    @Test
    void guestsAreSpreadOverTheInstances() {
        Map<String, Long> guests = IntStream.range(0, 3000)
                .mapToObj(i -> hosts("10.0.0.1,10.0.0.2,10.0.0.3", "guest-" + i).getFirst())
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));

        assertThat(guests).hasSize(3);
        assertThat(guests.values()).allSatisfy(count -> assertThat(count).isBetween(800L, 1200L));
    }

    @Test
    void onlyTheGuestsOfAnInstanceThatWentMoveAndTheyGoWhereTheyWouldHaveGoneNext() {
        for (int i = 0; i < 200; i++) {
            List<String> before = hosts("10.0.0.1,10.0.0.2,10.0.0.3", "guest-" + i);
            List<String> without =
                    before.stream().filter(host -> !host.equals("10.0.0.2")).toList();

            assertThat(hosts("10.0.0.1,10.0.0.3", "guest-" + i)).isEqualTo(without);
        }
    }
}
