/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

import java.util.ArrayList;
import java.util.List;

import org.apache.activemq.artemis.core.postoffice.Binding;
import org.apache.activemq.artemis.core.postoffice.impl.LocalQueueBinding;
import org.apache.activemq.artemis.core.server.ActiveMQServer;
import org.apache.activemq.artemis.core.server.Queue;

/** Empties a running broker, so that nothing of one test meets the next. */
public final class EmptyBroker {
    private EmptyBroker() {}

    /**
     * Deletes all subscriptions with the messages that they hold, and all retained messages. Whoever is connected still is,
     * and receives nothing any more.
     */
    public static void empty(EmbeddedBroker broker) throws Exception {
        ActiveMQServer server = broker.server();
        List<Binding> bindings = new ArrayList<>();
        server.getPostOffice().getAllBindings().forEach(bindings::add);
        for (Binding binding : bindings) {
            if (binding instanceof LocalQueueBinding local) {
                Queue queue = local.getQueue();
                server.destroyQueue(queue.getName(), null, false, true, true);
            }
        }
    }
}
