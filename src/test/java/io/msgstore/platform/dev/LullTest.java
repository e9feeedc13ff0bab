/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.dev;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.platform.seda.SameExchangeSedaComponent;
import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;

class LullTest {
    private final DefaultCamelContext camel = new DefaultCamelContext();

    @BeforeEach
    void start() {
        camel.addComponent("seda", new SameExchangeSedaComponent());
        camel.start();
    }

    @AfterEach
    void stop() {
        camel.stop();
    }

    /** Of the whole way, behind the queue, and of a route aside. */
    @ParameterizedTest
    @ValueSource(strings = {"queue", "store", "api"})
    void aQueueWhoseWorkersHaveNothingIsEmptyAndGoesOnAfterwards(String group) throws Exception {
        CountDownLatch received = new CountDownLatch(1);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("seda:mine").routeId("mine").routeGroup(group).process(exchange -> received.countDown());
            }
        });
        try (Lull lull = new Lull(camel, () -> 0, route -> true)) {
            assertThat(lull.await(Limits.LIMIT)).isTrue();
        }
        camel.createProducerTemplate().sendBody("seda:mine", "a message");
        assertThat(received.await(Limits.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
}
