/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

import io.msgstore.platform.embedded.EmbeddedBroker;
import io.msgstore.platform.embedded.EmptyBroker;

/**
 * The broker as a process. Arguments: data folder, port (0: any). A line of its standard input empties it. Ends with SIGTERM,
 * or with its standard input.
 */
public final class BrokerMain {
    /** What a line of its output begins with that says that it is empty, before how often it was emptied. */
    static final String EMPTIED = "emptied ";

    private BrokerMain() {}

    public static void main(String[] arguments) throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close));
        System.out.println("listening on " + broker.port());
        int emptied = 0;
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        // the test's end closes the pipe
        while (input.readLine() != null) {
            EmptyBroker.empty(broker);
            System.out.println(EMPTIED + ++emptied);
        }
        System.exit(0);
    }
}
