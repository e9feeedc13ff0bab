/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.platform.config.BadConfiguration;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.support.StoreModule;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What stops a start before anything is connected to. The routes are those of the project. */
class ServiceTest {
    @TempDir
    private Path folder;

    @Test
    void aQueueOrAWriteModeWithoutAFileIsSaid() throws BadConfiguration {
        refuses(
                "--check",
                Map.of("msgstore.queue", "rabbit"),
                "msgstore.queue=rabbit: there is no routes/queue/rabbit.camel.yaml; there are [kafka, memory, redis]");
        refuses(
                "--check",
                Map.of("msgstore.queue", "redis", "msgstore.queue.drain", "rabbit"),
                "msgstore.queue.drain=rabbit: there is no routes/queue/rabbit.camel.yaml;"
                        + " there are [kafka, memory, redis]");
        refuses(
                "--check",
                Map.of("msgstore.queue", "redis", "msgstore.queue.fallback", "hope"),
                "msgstore.queue.fallback=hope: there is no routes/queue/fallback/hope.camel.yaml;"
                        + " there are [direct, memory]");
        refuses(
                "--check",
                Map.of("msgstore.write-mode", "nosuch"),
                "msgstore.write-mode=nosuch: there are no routes in routes/store/nosuch; there are [gps_v1]");
    }

    @Test
    void onlyKafkaCanBeReadAgainAndFromAPointInIt() throws BadConfiguration {
        for (String queue : new String[] {"memory", "redis"}) {
            refuses(
                    "--replay-queue --from=beginning",
                    Map.of("msgstore.queue", queue),
                    "--replay-queue: msgstore.queue=" + queue
                            + " keeps nothing that was stored; only kafka can be read again");
        }
        refuses(
                "--replay-queue --from=yesterday",
                Map.of("msgstore.queue", "kafka"),
                "--from=yesterday: must be a time such as 2026-01-23T17:00:00Z, an offset, or \"beginning\"");
    }

    private void refuses(String arguments, Map<String, String> values, String says) throws BadConfiguration {
        Properties properties = new Properties();
        properties.setProperty("msgstore.mqtt.client-id", "service-test");
        properties.putAll(values);
        Settings settings = StoreModule.settings(null, folder, properties, Map.of());
        try (Service service = new Service(
                Modules.known(),
                settings,
                Options.parse(arguments.split(" ")),
                Path.of("").toAbsolutePath(),
                System.out)) {
            assertThatThrownBy(service::run).isInstanceOf(UserError.class).hasMessage(says);
        }
    }
}
