/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.direct;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.Producer;
import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.component.direct.DirectConsumer;
import org.apache.camel.component.direct.DirectConsumerNotAvailableException;
import org.apache.camel.component.direct.DirectEndpoint;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultAsyncProducer;
import org.apache.camel.util.URISupport;

/**
 * Camel's {@code direct:}, which looks the consumer up for each exchange.
 *
 * <p>Camel's own producer caches the consumer, and looks it up anew when any {@code direct:} route was started or stopped since. It
 * notes the new state before it has looked the consumer up. An exchange of another thread then reaches the stopped consumer, and fails
 * with "SendProcessor has not been started", as if its message were bad. That lasts for a moment while a route is replaced, and for as
 * long as the first message waits while a route is stopped.
 */
@Component("direct")
public class LiveDirectComponent extends DirectComponent {
    /** What {@link DirectComponent} has behind a lock. */
    private final Map<String, DirectConsumer> running = new ConcurrentHashMap<>();

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        LiveEndpoint endpoint = new LiveEndpoint(uri, this);
        endpoint.setBlock(isBlock());
        endpoint.setTimeout(getTimeout());
        setProperties(endpoint, parameters);
        return endpoint;
    }

    @Override
    public void addConsumer(String key, DirectConsumer consumer) {
        super.addConsumer(key, consumer);
        running.put(key, consumer);
    }

    @Override
    public void removeConsumer(String key, DirectConsumer consumer) {
        running.remove(key, consumer);
        super.removeConsumer(key, consumer);
    }

    /** The running route's; null when there is none, also after the wait. */
    @Override
    protected DirectConsumer getConsumer(String key, boolean block, long timeout) throws InterruptedException {
        DirectConsumer consumer = running.get(key);
        return consumer != null ? consumer : super.getConsumer(key, block, timeout);
    }

    private static final class LiveEndpoint extends DirectEndpoint {
        private final LiveDirectComponent component;

        LiveEndpoint(String uri, LiveDirectComponent component) {
            super(uri, component);
            this.component = component;
        }

        @Override
        public Producer createProducer() {
            return new LiveProducer(this);
        }
    }

    private static final class LiveProducer extends DefaultAsyncProducer {
        private final LiveEndpoint endpoint;
        private final String key;

        LiveProducer(LiveEndpoint endpoint) {
            super(endpoint);
            this.endpoint = endpoint;
            key = URISupport.stripQuery(endpoint.getEndpointUri());
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            try {
                DirectConsumer consumer =
                        endpoint.component.getConsumer(key, endpoint.isBlock(), endpoint.getTimeout());
                if (consumer != null && !endpoint.isSynchronous() && !isSynchronous(consumer)) {
                    // the span of this step ends on this thread
                    if (exchange.getProperty(ExchangePropertyKey.OTEL_ACTIVE_SPAN) != null) {
                        exchange.setProperty(ExchangePropertyKey.OTEL_CLOSE_CLIENT_SCOPE, Boolean.TRUE);
                    }
                    return consumer.getAsyncProcessor().process(exchange, callback);
                }
                if (consumer != null) {
                    consumer.getProcessor().process(exchange);
                } else if (endpoint.isFailIfNoConsumers()) {
                    exchange.setException(new DirectConsumerNotAvailableException(
                            "No consumers available on endpoint: " + endpoint, exchange));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                exchange.setException(e);
            } catch (Exception e) {
                exchange.setException(e);
            }
            callback.done(true);
            return true;
        }

        private static boolean isSynchronous(DirectConsumer consumer) {
            return consumer.getEndpoint().isSynchronous();
        }
    }
}
