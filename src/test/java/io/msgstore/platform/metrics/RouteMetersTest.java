/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RouteMetersTest {
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final DefaultCamelContext context = new DefaultCamelContext();

    @BeforeEach
    void start() throws Exception {
        context.addRoutePolicyFactory(new RouteMeters(meters));
        addRoute();
        context.start();
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void exchangesAndFailuresOfARouteAreCounted() {
        for (int i = 0; i < 3; i++) {
            context.createFluentProducerTemplate().to("direct:in").withBody(i).request();
        }
        context.createFluentProducerTemplate().to("direct:in").withBody("bad").send();

        assertThat(count("exchanges")).isEqualTo(4);
        assertThat(count("exchanges.failed")).isEqualTo(1);
        assertThat(count("failures.handled")).isZero();
        assertThat(gauge("exchanges.inflight")).isZero();
    }

    @Test
    void aStoppedRouteShows() throws Exception {
        assertThat(gauge("running")).isOne();
        context.getRouteController().stopRoute("doubles");
        assertThat(gauge("running")).isZero();
    }

    @Test
    void metersGoWithTheirRouteAndComeBackWithItsReplacement() throws Exception {
        context.createFluentProducerTemplate().to("direct:in").withBody(1).request();
        context.getRouteController().stopRoute("doubles");
        context.removeRoute("doubles");
        assertThat(meters.find("camel.route.exchanges").meters()).isEmpty();

        addRoute();
        context.createFluentProducerTemplate().to("direct:in").withBody(1).request();
        assertThat(count("exchanges")).isOne();
    }

    private void addRoute() throws Exception {
        context.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:in").routeId("doubles").process(exchange -> exchange.getMessage()
                        .setBody(exchange.getMessage().getMandatoryBody(Integer.class) * 2));
            }
        });
    }

    private double count(String name) {
        return meters.get("camel.route." + name)
                .tag("routeId", "doubles")
                .functionCounter()
                .count();
    }

    private double gauge(String name) {
        return meters.get("camel.route." + name)
                .tag("routeId", "doubles")
                .gauge()
                .value();
    }
}
