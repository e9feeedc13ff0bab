/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds what is wrong with settings, each by itself and one beside another. */
final class Consistency {
    private final Settings settings;
    private final Path workingDirectory;
    private final List<String> warnings;
    private final List<String> mistakes;

    /**
     * @param mistakes known so far; gets a line for each other one: key, value, where it came from, and what is allowed
     * @param warnings gets what may be a mistake
     */
    Consistency(Settings settings, Path workingDirectory, List<String> mistakes, List<String> warnings) {
        this.settings = settings;
        this.workingDirectory = workingDirectory;
        this.mistakes = mistakes;
        this.warnings = warnings;
    }

    void check() {
        boolean timesAreNumbers = true;
        for (Key key : Key.ALL) {
            Optional<String> wrong = key.rule().wrong(settings.given(key.name()), workingDirectory);
            wrong.ifPresent(allowed -> mistake(key.name(), allowed));
            timesAreNumbers &= wrong.isEmpty() || !key.name().startsWith("msgstore.retry-backoff");
        }
        if (timesAreNumbers && number("msgstore.retry-backoff-ms") > number("msgstore.retry-backoff-max-ms")) {
            mistake(
                    "msgstore.retry-backoff-ms",
                    "at most msgstore.retry-backoff-max-ms, which is " + text("msgstore.retry-backoff-max-ms"));
        }
        if (mistakes.stream().noneMatch(line -> line.startsWith("msgstore.http."))) {
            checkAccess();
        }
        checkQueue();
        if (mistakes.stream().noneMatch(line -> line.startsWith("msgstore.kafka."))) {
            checkKafka();
        }
        if (text("msgstore.mqtt.url").matches("(embedded|tcp:|ws:).*")) {
            ignored("msgstore.mqtt.tls.truststore", "msgstore.mqtt.url has no TLS (ssl:// or wss://)");
            ignored("msgstore.mqtt.tls.keystore", "msgstore.mqtt.url has no TLS (ssl:// or wss://)");
        }
    }

    private void ignored(String name, String why) {
        optional(name).ifPresent(value -> warnings.add(name + " is ignored: " + why));
    }

    private void checkQueue() {
        boolean memory = text("msgstore.queue").equals("memory");
        if (memory && optional("msgstore.queue.fallback").isPresent()) {
            warnings.add("msgstore.queue.fallback is ignored: the queue in memory is never away");
        } else if (optional("msgstore.queue.fallback").isPresent()
                && !text("msgstore.ack").equals("on-commit")) {
            // what takes over could lose what the broker believes to be safe
            mistake("msgstore.queue.fallback", "empty, because msgstore.ack is " + text("msgstore.ack"));
        }
        String drained = text("msgstore.queue.drain");
        if (drained.equals("memory")) {
            mistake("msgstore.queue.drain", "a queue that outlives the process, or empty");
        } else if (!drained.isEmpty() && drained.equals(text("msgstore.queue"))) {
            mistake("msgstore.queue.drain", "another queue than msgstore.queue, or empty");
        }
        if (!memory && text("msgstore.enqueue-mode").equals("drop")) {
            warnings.add(
                    "msgstore.enqueue-mode=drop with msgstore.queue=" + text("msgstore.queue")
                            + ": when the queue holds msgstore.queue-size messages (" + text("msgstore.queue-size")
                            + "), as in a long outage of the database, new ones are lost; disconnect leaves them with the broker");
        }
    }

    private void checkKafka() {
        String protocol = text("msgstore.kafka.security-protocol");
        if (protocol.startsWith("SASL_")) {
            for (String name : List.of("msgstore.kafka.sasl-username", "msgstore.kafka.sasl-password")) {
                if (optional(name).isEmpty()) {
                    mistake(name, "set, because msgstore.kafka.security-protocol is " + protocol);
                }
            }
        } else if (optional("msgstore.kafka.sasl-username").isPresent()) {
            mistake(
                    "msgstore.kafka.security-protocol",
                    "SASL_PLAINTEXT or SASL_SSL, because msgstore.kafka.sasl-username is set");
        } else {
            ignored("msgstore.kafka.sasl-password", "msgstore.kafka.security-protocol is " + protocol);
        }
        if (!protocol.endsWith("SSL")) {
            ignored("msgstore.kafka.tls.truststore", "msgstore.kafka.security-protocol is " + protocol);
            ignored("msgstore.kafka.tls.keystore", "msgstore.kafka.security-protocol is " + protocol);
        }
    }

    private void checkAccess() {
        boolean username = optional("msgstore.http.username").isPresent();
        boolean password = optional("msgstore.http.password").isPresent();
        if (username != password) {
            mistake(
                    username ? "msgstore.http.password" : "msgstore.http.username",
                    "set, because msgstore.http." + (username ? "username" : "password") + " is");
        }
        String host = text("msgstore.http.host");
        boolean open = !username && optional("msgstore.http.jwt-key").isEmpty();
        if (open && !Loopback.isName(host)) {
            mistake(
                    "msgstore.http.host",
                    "localhost or another name of this machine's loopback (127.0.0.1, ::1) as long as nobody is asked"
                            + " who they are: set msgstore.http.username and msgstore.http.password, or"
                            + " msgstore.http.jwt-key");
        }
    }

    private void mistake(String name, String allowed) {
        String value = settings.given(name);
        mistakes.add(name + "=" + (value.isEmpty() ? "(empty)" : Settings.shown(name, value)) + " ("
                + settings.origin(name).orElse("application.properties in the jar") + "): must be "
                + allowed.replaceAll("\\p{Cntrl}", "?"));
    }

    private String text(String name) {
        return settings.text(name);
    }

    private Optional<String> optional(String name) {
        return settings.optional(name);
    }

    private int number(String name) {
        return settings.number(name);
    }
}
