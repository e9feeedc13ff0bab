/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;

import io.msgstore.support.Folders;

/** The faults of the suite, in the order of the table. */
final class Faults {
    private static final String GPS = "store/gps_v1/store-gps.camel.yaml";

    private Faults() {}

    static List<Fault> all() {
        return List.of(
                // msgstore
                new Fault("kill -9", "msgstore is killed at a random moment", scene -> {
                            scene.last(scene.random.nextDouble());
                            scene.killAndRestart();
                        })
                        .alsoInBrief(),
                killedAt(
                        "received", "just received", new Trap("intake/mqtt.camel.yaml", "intake-mqtt-to-filter", 2000)),
                new Fault("kill -9, queued", "killed with hundreds of messages in the queue", scene -> {
                            scene.awaitTrap();
                            scene.awaitMetric("msgstore_queue_len", 500);
                            scene.killAndRestart();
                        })
                        .preparedBy(scene ->
                                scene.trap(new Trap("queue/memory.camel.yaml", "queue-dequeue-to-dispatch", 1000))),
                new Fault("kill -9, in a batch", "killed with hundreds of messages in an open batch", scene -> {
                            scene.awaitTrap();
                            scene.awaitMetric("msgstore_in_flight", 500);
                            scene.killAndRestart();
                        })
                        .preparedBy(scene -> {
                            // a command that is held keeps the batch of positions from holding all that is in flight
                            scene.trap(new Trap("store/gps_v1/store-command.camel.yaml", "store-command-collect", 200));
                            scene.set("msgstore.batch-size", 10_000);
                            scene.set("msgstore.batch-linger-ms", 60_000);
                        }),
                new Fault("kill -9, in a statement", "killed while the database works on a batch", scene -> {
                    try (Connection lock = scene.lockPositions()) {
                        scene.awaitMetric("msgstore_in_flight", 500);
                        scene.awaitBlockedStatement();
                        scene.msgstore().kill9();
                    }
                    scene.restart();
                }),
                killedAt("committed", "committed but not acknowledged", new Trap(GPS, "store-gps-stored", 50))
                        .alsoInBrief(),
                new Fault("SIGSTOP", "msgstore is frozen, then goes on", scene -> {
                    scene.signal("STOP");
                    try {
                        scene.last(3 * scene.seconds);
                    } finally {
                        scene.signal("CONT");
                    }
                }),
                new Fault("SIGTERM", "msgstore is stopped in good order and started", scene -> {
                            int code = scene.msgstore().terminate();
                            if (code != 0) {
                                throw new IllegalStateException("exit code " + code);
                            }
                            scene.restart();
                        })
                        .alsoInBrief(),

                // database
                new Fault("database stopped", "fast shutdown; away; started", scene -> {
                            scene.postgres.stop();
                            scene.last();
                            scene.postgres.start();
                        })
                        .alsoInBrief(),
                new Fault("database killed", "kill -9 of the server; recovers from its log", scene -> {
                    scene.postgres.kill9();
                    scene.postgres.start();
                }),
                new Fault("connections terminated", "pg_terminate_backend of every connection, five times", scene -> {
                    for (int i = 0; i < 5; i++) {
                        scene.disconnectDatabaseUsers();
                        scene.last(0.5);
                    }
                }),
                new Fault(
                        "statements too slow",
                        "every statement takes longer than db-timeout-ms",
                        scene -> scene.trigger("perform pg_sleep(1);")),
                new Fault("table locked", "another transaction holds the table", scene -> {
                    try (Connection lock = scene.lockPositions()) {
                        scene.last();
                    }
                }),
                new Fault("connection limit", "the database takes no more connections", scene -> {
                    scene.postgres.execute("alter role msgstore connection limit 0");
                    scene.disconnectDatabaseUsers();
                    scene.last();
                    scene.postgres.execute("alter role msgstore connection limit -1");
                }),
                new Fault("database read-only", "as a standby that took over too early", scene -> {
                    scene.postgres.execute("alter role msgstore set default_transaction_read_only = on");
                    scene.disconnectDatabaseUsers();
                    scene.last();
                    scene.postgres.execute("alter role msgstore reset default_transaction_read_only");
                    scene.disconnectDatabaseUsers();
                }),
                new Fault(
                        "disk full",
                        "inserts fail with SQLSTATE 53100",
                        scene -> scene.trigger("raise exception 'could not extend file' using errcode = '53100';")),
                new Fault("spool not writable", "database away with on-outage=dead-letter, and no spool", scene -> {
                            Path spool = scene.spool();
                            Folders.delete(spool);
                            Files.writeString(spool, "not a folder");
                            scene.postgres.stop();
                            scene.last();
                            Files.delete(spool);
                            scene.postgres.start();
                        })
                        .preparedBy(scene -> {
                            scene.set("msgstore.on-outage", "dead-letter");
                            scene.set("msgstore.retry-max", 1);
                        }),

                // broker
                new Fault("broker restarted", "in good order, with persistence", scene -> {
                    scene.broker.stop();
                    scene.broker.start();
                }),
                new Fault("broker killed", "kill -9, with persistence", scene -> {
                            scene.broker.kill9();
                            scene.broker.start();
                        })
                        .alsoInBrief(),
                new Fault("broker without persistence", "killed; has forgotten everything", scene -> {
                            scene.broker.kill9();
                            scene.broker.forget();
                            scene.broker.start();
                        })
                        .whichIsForgottenBy("the broker"),
                new Fault("session taken over", "another client with the same id, three times", scene -> {
                    for (int i = 0; i < 3; i++) {
                        Intruder.takeOver(scene.broker.url(), scene.clientId);
                    }
                }),

                // networks
                new Fault("broker unreachable", "connections are reset", scene -> {
                    scene.brokerNetwork.cut();
                    scene.last();
                    scene.brokerNetwork.mend();
                }),
                new Fault("broker silent", "half open: packets vanish, nothing is closed", scene -> {
                            scene.brokerNetwork.silence();
                            scene.last();
                            scene.brokerNetwork.mend();
                        })
                        .preparedBy(scene -> scene.set("camel.component.paho-mqtt5.keep-alive-interval", 5)),
                new Fault("database unreachable", "connections are reset", scene -> {
                    scene.databaseNetwork.cut();
                    scene.last();
                    scene.databaseNetwork.mend();
                }),
                new Fault("database silent", "half open: packets vanish, nothing is closed", scene -> {
                    scene.databaseNetwork.silence();
                    scene.last();
                    scene.databaseNetwork.mend();
                }),

                // devices
                new Fault("publisher's clock", "a day ahead for some seconds, then right again", Scene::last)
                        .withLoad(load -> load.clockJump(5_000, 15_000, 86_400)),
                new Fault("bad messages", "one message of 97 can't be stored", Scene::last)
                        .withLoad(load -> load.badEvery(97))
                        .alsoInBrief());
    }

    private static Fault killedAt(String stage, String when, Trap trap) {
        return new Fault("kill -9, " + stage, "killed with a message " + when, scene -> {
                    scene.awaitTrap();
                    scene.killAndRestart();
                })
                .preparedBy(scene -> scene.trap(trap));
    }
}
