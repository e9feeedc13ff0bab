/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.store;

import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

import io.msgstore.Names;
import io.msgstore.intake.Envelope;

/** Reads the event off the envelope into a header, or the reason and error of one that can't be stored. */
public final class ReadEvent implements Processor {
    @Override
    public void process(Exchange exchange) {
        Message message = exchange.getMessage();
        Envelope envelope = message.getBody(Envelope.class);
        if (envelope.reason() == null) {
            message.setHeader(Names.EVENT, envelope.event());
        } else {
            message.setHeader(Names.REASON, envelope.reason());
            message.setHeader(Names.ERROR, envelope.error());
        }
    }
}
