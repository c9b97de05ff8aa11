package dev.crossdev.service.console;

import dev.crossdev.service.ServiceIdentity;
import dev.crossdev.service.house.DeviceHouse;
import dev.crossdev.service.house.DeviceKey;
import dev.crossdev.service.house.DeviceView;
import dev.crossdev.virtio.Inspectable;
import io.quarkus.vertx.http.HttpServer;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The devices of this service, at a glance. */
@Path("/")
public class DevicesPage {

    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>%1$s</title>
            <style>
            :root { color-scheme: light dark; }
            body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
            .wide { overflow-x: auto; }
            table { border-collapse: collapse; width: 100%%; }
            th, td { text-align: left; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid #8884; white-space: nowrap; }
            th { font-weight: 600; }
            td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
            footer { margin-top: 2rem; color: GrayText; }
            </style>
            </head>
            <body>
            <h1>%1$s</h1>
            %2$s
            <p><a href="%3$s/q/health">Health</a> · <a href="%3$s/q/metrics">Metrics</a></p>
            <footer>version %4$s, run %5$s</footer>
            </body>
            </html>
            """;

    private static final String TABLE = """
            <div class="wide"><table>
            <thead><tr><th>Guest</th><th>Device</th><th>State</th><th class="number">Epoch</th>\
            <th class="number">Commands</th><th class="number">Resources</th><th class="number">Bytes</th>\
            <th>Injected</th><th>Scanouts</th></tr></thead>
            <tbody>
            %s
            </tbody></table></div>
            """;

    private final DeviceHouse<?, ?, ?> house;
    private final ServiceIdentity identity;
    private final HttpServer server;

    DevicesPage(DeviceHouse<?, ?, ?> house, ServiceIdentity identity, HttpServer server) {
        this.house = house;
        this.identity = identity;
        this.server = server;
    }

    @GET
    @Produces("text/html; charset=utf-8")
    @RunOnVirtualThread
    public String devices(@Context UriInfo here) {
        List<DeviceView> devices = house.inventory().list(Optional.empty());
        String content = devices.isEmpty()
                ? "<p>No devices.</p>"
                : TABLE.formatted(devices.stream().map(this::row).collect(Collectors.joining("\n")));
        String management = "http://" + here.getBaseUri().getHost() + ":" + server.getManagementPort();
        return PAGE.formatted(
                escape(identity.name()),
                content,
                escape(management),
                escape(identity.version()),
                escape(identity.instance()));
    }

    private String row(DeviceView view) {
        long commands =
                view.commands().values().stream().mapToLong(Long::longValue).sum();
        return "<tr><td>%s</td><td>%s</td><td>%s</td>%s%s%s%s<td>%s</td><td>%s</td></tr>"
                .formatted(
                        escape(view.key().guest()),
                        escape(view.key().device()),
                        state(view),
                        number(view.epoch()),
                        number(commands),
                        number(view.usage().resources()),
                        number(view.usage().resourceBytes()),
                        escape(injected(view)),
                        scanouts(view.key()));
    }

    private static String state(DeviceView view) {
        return view.connected()
                ? "connected"
                : view.leaseEndsAt().map(end -> "leased until " + end).orElse("alone");
    }

    private static String injected(DeviceView view) {
        String timing = view.timing().isNone()
                ? ""
                : "transit " + view.timing().transit() + ", service "
                        + view.timing().service();
        String faults =
                view.faults().stream().map(active -> active.fault().toString()).collect(Collectors.joining(", "));
        return timing.isEmpty() || faults.isEmpty() ? timing + faults : timing + "; " + faults;
    }

    private String scanouts(DeviceKey key) {
        Optional<Inspectable> device = house.inventory().inspectIfThere(key);
        return device.map(Inspectable::activeScanouts).orElse(List.of()).stream()
                .map(scanout -> "<a href=\"/scanouts/%s/%s/%d.png\">%d</a>"
                        .formatted(escape(key.guest()), escape(key.device()), scanout, scanout))
                .collect(Collectors.joining(" "));
    }

    private static String number(long value) {
        return "<td class=\"number\">" + value + "</td>";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
