/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.api;

import org.apache.camel.Exchange;
import org.apache.camel.Processor;

import io.msgstore.accounting.Accounting;

/** Makes the accounts of this moment the body. */
public final class AccountsQuery implements Processor {
    private final Accounting accounting;

    public AccountsQuery(Accounting accounting) {
        this.accounting = accounting;
    }

    @Override
    public void process(Exchange exchange) {
        if (!exchange.getMessage()
                .getHeader(Exchange.HTTP_QUERY, "", String.class)
                .isEmpty()) {
            throw new BadRequest("there are no parameters");
        }
        exchange.getMessage().setBody(accounting.accounts());
    }
}
