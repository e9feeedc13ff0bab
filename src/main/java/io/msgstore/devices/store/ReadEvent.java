/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.store;

import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.mapping.MakeMessages;
import io.msgstore.devices.mapping.Mapping;
import io.msgstore.devices.mapping.Mappings;
import io.msgstore.platform.contract.Headers;

/**
 * Reads the event off the envelope into a header, or the reason and error of one that can't be stored. A message that others are to
 * be made of gets the variable {@code mapping}.
 */
public final class ReadEvent implements Processor {
    private static final String ARRAY = "array";

    // null where there is none
    private final Mappings mappings;

    public ReadEvent(Mappings mappings) {
        this.mappings = mappings.isEmpty() ? null : mappings;
    }

    @Override
    public void process(Exchange exchange) {
        Message message = exchange.getMessage();
        Envelope envelope = message.getBody(Envelope.class);
        Mapping mapping = mappings == null ? null : mappings.of(envelope);
        if (mapping != null) {
            exchange.setVariable(MakeMessages.MAPPING, mapping.name());
        } else if (envelope.reason() == null) {
            message.setHeader(Headers.EVENT, envelope.event());
        } else {
            message.setHeader(Headers.REASON, envelope.reason());
            message.setHeader(Headers.ERROR, envelope.error());
            if (envelope.isArray() && !envelope.isComplete()) {
                exchange.setVariable(MakeMessages.MAPPING, ARRAY);
            }
        }
    }
}
