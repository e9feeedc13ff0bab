/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.support.Counts;
import io.msgstore.support.Folders;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;
import io.msgstore.support.TestMosquitto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/** What {@code /api/v1/status} and {@code /api/v1/errors} say while all is well, and while it is not. */
class StatusApiIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Limits.LIMIT;

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void tellsWhatFlows() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            await(msgstore, "nothing has come", status -> text(status).equals("Ready: no message has come yet"));
            publisher.publish("t", "no JSON");
            SERVERS.load().messages(2000).rate(1000).run();
            Counts.afterAtLeast(2001, msgstore);
            JsonNode status = await(
                    msgstore,
                    "all of it",
                    now -> now.at("/rates/stored/last_60_s").asDouble() > 0
                            && !now.at("/latency/p99").isNull());

            assertThat(status.at("/counts/received").asLong()).isEqualTo(2001);
            assertThat(status.at("/counts/stored").asLong()
                            + status.at("/counts/duplicate").asLong())
                    .isEqualTo(2000);
            assertThat(status.at("/counts/dead").asLong()).isOne();
            assertThat(status.at("/rates/received/last_10_s").asDouble()).isPositive();
            assertThat(text(status)).startsWith("Messages flow: ").contains("1 could not be stored");
            assertThat(status.at("/headline/level").asText()).isEqualTo("warning");
            assertThat(status.at("/latency/p50").asDouble())
                    .isPositive()
                    .isLessThanOrEqualTo(status.at("/latency/p99").asDouble());
            assertThat(status.at("/database/state").asText()).isEqualTo("up");
            assertThat(status.at("/database/writes/p95").asDouble()).isPositive();
            assertThat(status.at("/database/batch_size").asDouble()).isBetween(1.0, 1000.0);
            assertThat(status.at("/queue/capacity").asInt()).isEqualTo(10_000);
            assertThat(status.at("/queue/name").asText()).isEqualTo("memory");
            assertThat(status.at("/queue/guarantees"))
                    .extracting(JsonNode::asText)
                    .containsExactly("exact-length");
            assertThat(status.at("/broker/connections/0/client_id").asText()).isEqualTo(SERVERS.clientId());
            assertThat(status.at("/broker/connections/0/connected").asBoolean()).isTrue();
            assertThat(status.at("/broker/connections/0/window").asInt()).isEqualTo(10_000);
            assertThat(status.at("/spool/files").asInt()).isZero();
            assertThat(Instant.parse(status.get("started_at").asText()))
                    .isBefore(Instant.parse(status.get("at").asText()));
            assertThat(status.get("version").asText()).isNotEmpty();

            JsonNode described = get(msgstore, "/api/v1/openapi.json").at("/components/schemas/Status/properties");
            assertThat(status.fieldNames()).toIterable().containsExactlyElementsOf(() -> described.fieldNames());
            assertThat(status.get("queue").fieldNames()).toIterable().containsExactlyElementsOf(() -> described
                    .at("/queue/properties")
                    .fieldNames());
            assertThat(status.at("/second/latency_p99").isNull()).isFalse();
            assertThat(get(msgstore, "/api/v1/status/history").get("seconds"))
                    .contains(status.get("second"))
                    .anySatisfy(second ->
                            assertThat(second.get("stored").asDouble()).isPositive());
        }
    }

    @Test
    void showsTheRouteFilesAsTheyRun() throws IOException {
        Folders.copyOfProject("routes", SERVERS.folder());
        Path file = SERVERS.folder().resolve("routes/intake/mqtt.camel.yaml");
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            JsonNode items = get(msgstore, "/api/v1/routes").get("items");
            assertThat(items).hasSizeGreaterThan(10).anySatisfy(item -> {
                assertThat(item.get("file").asText()).isEqualTo("routes/intake/mqtt.camel.yaml");
                assertThat(item.get("source").asText()).isEqualTo(Files.readString(file));
                assertThat(item.at("/routes/0/id").asText()).isEqualTo("intake-mqtt");
                assertThat(item.at("/routes/0/state").asText()).isEqualTo("Started");
            });
            assertThat(msgstore.get("/api/v1/routes?x=1").statusCode()).isEqualTo(400);
        }
    }

    @Test
    void saysThatTheDatabaseIsAwayAndWhatWaits() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            await(msgstore, "up", status -> status.at("/database/state")
                    .asText()
                    .equals("up"));
            SERVERS.postgres().stop();
            SERVERS.load().messages(100).run();
            JsonNode stuck = await(
                    msgstore,
                    "the outage",
                    status -> status.at("/database/state").asText().equals("down")
                            && status.at("/counts/in_flight").asLong() == 100);
            assertThat(text(stuck)).isEqualTo("Stuck: the database does not answer");
            assertThat(stuck.at("/headline/consequence").asText()).isEqualTo("100 messages wait, nothing is lost.");
            assertThat(stuck.at("/headline/since").asText())
                    .isEqualTo(stuck.at("/database/since").asText());
            assertThat(stuck.at("/database/last_error").asText()).isNotEmpty();
            // the first statement has its time-out to find a connection, and the status does not wait for it
            Awaitility.await("the error in the log").atMost(LIMIT).untilAsserted(() -> assertThat(
                            get(msgstore, "/api/v1/errors").get("items"))
                    .anySatisfy(item -> {
                        assertThat(item.get("level").asText()).isEqualTo("WARN");
                        assertThat(item.get("message").asText()).contains("Database does not take batches");
                    }));

            SERVERS.postgres().start();
            Counts.afterAtLeast(100, msgstore);
            JsonNode well = await(msgstore, "the end of it", status -> status.at("/database/state")
                    .asText()
                    .equals("up"));
            assertThat(text(well)).doesNotContain("the database");
            assertThat(well.at("/database/last_error").asText()).isNotEmpty();
            await(msgstore, "nothing to say", status -> status.at("/headline/level")
                    .asText()
                    .equals("ok"));
        }
    }

    @Test
    void saysThatTheBrokerIsAway() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            SERVERS.broker().stop();
            JsonNode stuck =
                    await(msgstore, "no broker", status -> text(status).equals("Stuck: no connection to the broker"));
            assertThat(stuck.at("/broker/connections/0/last_error").asText()).isNotEmpty();
            assertThat(Instant.parse(stuck.at("/broker/connections/0/since").asText()))
                    .isAfter(Instant.parse(stuck.get("started_at").asText()));
            SERVERS.broker().start();
            await(
                    msgstore,
                    "the broker",
                    status -> status.at("/broker/connected").asInt() == 1);
        }
    }

    @Test
    void saysThatTheBrokerGrantsALowerQos() {
        assumeThat(TestMosquitto.isInstalled())
                .as("Mosquitto is not installed here")
                .isTrue();
        try (TestMosquitto mosquitto = TestMosquitto.with("max_qos 0");
                MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.mqtt.url", mosquitto.url())
                        .startAndAwaitReady()) {
            JsonNode status = await(msgstore, "the shortfall", now -> text(now)
                    .endsWith("but the broker does not grant all that was asked for"));
            String shortfall = status.at("/broker/connections/0/shortfalls/0").asText();
            assertThat(shortfall).startsWith("the broker grants QoS 0, not 1, to #: it keeps nothing");
            assertThat(status.at("/headline/level").asText()).isEqualTo("warning");
            assertThat(status.at("/headline/consequence").asText()).isEqualToIgnoringCase(shortfall + ".");
            assertThat(msgstore.get("/observe/health?exposureLevel=full&data=true")
                            .body())
                    .contains("\"degraded\":\"" + shortfall);
            assertThat(msgstore.metric("msgstore_mqtt_degraded")).isOne();
            mosquitto.close();
            JsonNode away = await(msgstore, "no broker", now -> text(now).equals("Stuck: no connection to the broker"));
            assertThat(away.at("/headline/consequence").asText())
                    .isEqualTo("What is published meanwhile is lost: the broker does not keep it.");
            assertThat(msgstore.terminate()).isZero();
            assertThat(msgstore.output()).contains("0 are lost, because the broker keeps none (QoS 0, or no session)");
        }
    }

    private static JsonNode await(MsgstoreProcess msgstore, String what, Predicate<JsonNode> wanted) {
        return Awaitility.await(what)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> get(msgstore, "/api/v1/status"), wanted);
    }

    private static String text(JsonNode status) {
        return status.at("/headline/text").asText();
    }

    private static JsonNode get(MsgstoreProcess msgstore, String path) {
        HttpResponse<String> answer = msgstore.get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new IllegalStateException(answer.body(), e);
        }
    }
}
