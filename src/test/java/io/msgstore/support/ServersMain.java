/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

import io.msgstore.platform.embedded.EmbeddedBroker;
import io.msgstore.platform.embedded.EmbeddedException;
import io.msgstore.platform.embedded.EmbeddedPostgres;

/** Both embedded servers as a process, which ends with SIGTERM or with its standard input. Argument: data folder. */
public final class ServersMain {
    private ServersMain() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        try {
            EmbeddedPostgres postgres = EmbeddedPostgres.start(folder, 0, Folders.postgresPrograms(), Map.of());
            EmbeddedBroker broker = EmbeddedBroker.start(folder, 0);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                broker.close();
                postgres.close();
            }));
            System.out.println("postgres " + postgres.pid());
            System.out.println("jdbc " + postgres.jdbcUrl());
            System.out.println("mqtt " + broker.url());
            System.out.println("started");
        } catch (EmbeddedException e) {
            System.out.println(e.getMessage());
            System.exit(1);
        }
        while (System.in.read() != -1) {
            // nothing to read: the test's end closes the pipe
        }
        System.exit(0);
    }
}
