/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.nio.file.Path;

import io.msgstore.embedded.EmbeddedBroker;

/** The broker as a process. Arguments: data folder, port (0: any). Ends with SIGTERM, or with its standard input. */
public final class BrokerMain {
    private BrokerMain() {}

    public static void main(String[] arguments) throws IOException {
        EmbeddedBroker broker = EmbeddedBroker.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close));
        System.out.println("listening on " + broker.port());
        while (System.in.read() != -1) {
            // nothing to read: the test's end closes the pipe
        }
        System.exit(0);
    }
}
