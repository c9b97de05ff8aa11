package dev.crossdev.service.console;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * {@code GET /console/events}: the feed as server-sent events. A Vert.x route, because what matters here is how full a
 * browser's queue is, and that nothing runs on the way but its own event loop.
 */
@Singleton
final class ConsoleRoutes {

    private static final int UNAVAILABLE = 503;

    private final ConsoleFeed feed;

    ConsoleRoutes(ConsoleFeed feed) {
        this.feed = feed;
    }

    void routes(@Observes Router router) {
        router.get("/console/events").handler(this::events);
    }

    void goingAway(@Observes ShutdownDelayInitiatedEvent event) {
        feed.endAll();
    }

    /** Also comes without a drain, as in a test. */
    void gone(@Observes ShutdownEvent event) {
        feed.endAll();
    }

    private void events(RoutingContext request) {
        HttpServerResponse response = request.response();
        Context context = Vertx.currentContext();
        Browser browser = new Browser(context, response);
        Runnable gone = () -> {
            browser.gone();
            feed.remove(browser);
        };
        response.closeHandler(_ -> gone.run());
        response.exceptionHandler(_ -> gone.run());
        if (!feed.add(browser)) {
            response.setStatusCode(UNAVAILABLE)
                    .putHeader("Retry-After", "5")
                    .putHeader("Content-Type", "text/plain; charset=utf-8")
                    .end(
                            "As many consoles are open as may be (crossdev.console.max-streams), or the service is going away.\n");
            return;
        }
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream; charset=utf-8")
                .putHeader("Cache-Control", "no-store")
                // nginx would keep it to itself.
                .putHeader("X-Accel-Buffering", "no")
                .write("retry: 2000\n\n");
    }
}
