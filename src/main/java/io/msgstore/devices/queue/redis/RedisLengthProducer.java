/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.redis;

import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;

/** Sets the body to the number of entries in the stream. */
class RedisLengthProducer extends DefaultProducer {
    private final RedisStream stream;

    RedisLengthProducer(RedisEndpoint endpoint) {
        super(endpoint);
        stream = endpoint.stream();
    }

    @Override
    public void process(Exchange exchange) {
        exchange.getMessage().setBody(stream.length());
    }
}
