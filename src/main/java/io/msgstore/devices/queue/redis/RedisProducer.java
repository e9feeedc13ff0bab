/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.redis;

import java.util.concurrent.TimeUnit;

import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProducer;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultAsyncProducer;
import org.apache.camel.support.service.ServiceHelper;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.QueueForm;

/** Hands messages to the writer of the stream. */
class RedisProducer extends DefaultAsyncProducer {
    private final RedisEndpoint endpoint;
    private RedisWriter writer;
    private AsyncProducer whenFull;

    RedisProducer(RedisEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        Object body = exchange.getMessage().getBody();
        byte[] bytes = body instanceof Envelope envelope
                ? QueueForm.write(envelope)
                : exchange.getMessage().getBody(byte[].class);
        if (bytes == null) {
            bytes = new byte[0];
        }
        long timeout = endpoint.offerTimeout;
        long deadline = timeout < 0 ? Long.MAX_VALUE : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeout);
        return writer.write(new RedisWriter.Waiting(exchange, callback, bytes, deadline, whenFull));
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        writer = endpoint.component.writer(endpoint);
        if (endpoint.whenFull != null && whenFull == null) {
            whenFull = endpoint.getCamelContext().getEndpoint(endpoint.whenFull).createAsyncProducer();
        }
        ServiceHelper.startService(whenFull);
    }

    @Override
    protected void doStop() throws Exception {
        ServiceHelper.stopService(whenFull);
        super.doStop();
    }
}
