/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.fuzz.Fuzz.Case;
import io.msgstore.support.Counts;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.OneTry;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Bad messages and bad requests for the whole of msgstore, with a real broker and a real database: 16,000 cases,
 * 70 s on two busy cores.
 */
@OneTry
class FuzzIT {
    private static final int MESSAGES = 12_000;
    /** So many are settled before the next ones come. */
    private static final int PORTION = 3_000;

    private static final int REQUESTS = 4_000;
    /** Of so many messages one has a topic of its own, by which its dead letter is found. */
    private static final int SAMPLE = 10;

    private static final Pattern OURS =
            Pattern.compile("(GET /api/v1/dead-letters(/\\w+)?|DELETE /api/v1/dead-letters/\\w+"
                    + "|POST /api/v1/dead-letters/(\\w+/)?replay)(\\?\\S*)? HTTP");

    private static final JsonMapper DECIMAL = EnvelopeFuzzTest.DEEPER
            .rebuild()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void everyMessageEndsInATableADeadLetterOrACounter() throws IOException {
        Map<String, Case> sample = new HashMap<>();
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            List<Case> cases = Fuzz.cases("payloads", MESSAGES, Payloads::next).toList();
            Counts counts = null;
            try (FuzzPublisher publisher = new FuzzPublisher(SERVERS.broker().url())) {
                for (int i = 0; i < cases.size(); i++) {
                    Dice dice = new Dice(i);
                    boolean own = i < 100 || i % SAMPLE == 0;
                    String topic = own ? "fuzz/" + i : "other/" + TopicFuzzTest.level(dice) + dice.below(20);
                    if (own) {
                        sample.put(topic, cases.get(i));
                    }
                    publisher.publish(topic, cases.get(i).bytes(), userProperties(dice));
                    if ((i + 1) % PORTION == 0 || i + 1 == cases.size()) {
                        publisher.awaitAll();
                        counts = Counts.afterAtLeast(i + 1, msgstore);
                    }
                }
            }
            System.out.println(counts);
            assertThat(counts.received()).isEqualTo(cases.size());
            assertThat(counts.dropped() + counts.filtered()).isZero();
            assertThat(counts.stored())
                    .isEqualTo(SERVERS.postgres()
                            .query("select (select count(*) from gps_position_histories)"
                                    + " + (select count(*) from client_cmd_events)"));
            assertThat(counts.dead()).isEqualTo(SERVERS.postgres().query("select count(*) from dead_letters"));
            assertThat(counts.stored()).isPositive();
            assertWell(msgstore);
        }
        assertThat(deadLettersAsSent(sample)).isGreaterThan(sample.size() / 10);
    }

    @Test
    void everyRequestIsAnswered() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            SERVERS.postgres()
                    .execute(
                            "insert into dead_letters (failed_at, received_at, reason, attempts, topic, envelope, payload,"
                                    + " message_key, message_hash) select now(), now(), 'not-json', 1, 't' || i, '{\"topic\":\"t\"}',"
                                    + " '\\xff', i, i from generate_series(1, 50) i");
            Fuzz.run("requests", REQUESTS, Requests::next, one -> {
                boolean whole = one.input().contains(Requests.WHOLE);
                String answer = answer(msgstore.httpPort(), one.bytes(), whole);
                assertThat(answer).doesNotContain("\tat ", "Exception", " 500 ");
                if (whole) {
                    int status = Integer.parseInt(answer.substring(9, 12));
                    assertThat(status).isBetween(200, 499);
                    if ((status == 400 || status == 404)
                            && OURS.matcher(one.input()).lookingAt()) {
                        assertThat(answer).containsIgnoringCase("content-type: application/problem+json");
                    }
                }
            });
            assertWell(msgstore);
        }
    }

    private static void assertWell(MsgstoreProcess msgstore) {
        assertThat(msgstore.readiness()).isEqualTo(200);
        assertThat(msgstore.output().lines())
                .noneMatch(line -> line.contains(" ERROR ") || line.startsWith("\tat ") || line.contains("Exception"));
    }

    private static List<String> userProperties(Dice dice) {
        List<String> properties = new ArrayList<>();
        for (int i = dice.oneIn(3) ? dice.below(4) : 0; i > 0; i--) {
            properties.add(dice.oneIn(3) ? dice.of("username", "client_id", "trace_id") : dice.text(12));
            properties.add(dice.text(dice.oneIn(300) ? 10_000 : 30));
        }
        properties.replaceAll(text -> text.replace('\u0000', ' '));
        return properties;
    }

    /** Compares each dead letter of the sample to what was sent; returns how many there are. */
    private static int deadLettersAsSent(Map<String, Case> sample) throws IOException {
        List<Map<String, Object>> rows = SERVERS.postgres()
                .rows("select topic, encode(payload, 'hex') as bytes, envelope::text as envelope from dead_letters"
                        + " where topic ~ '^fuzz/[0-9]+$'");
        int compared = 0;
        for (Map<String, Object> row : rows) {
            Case sent = sample.get((String) row.get("topic"));
            if (sent == null) {
                continue;
            }
            compared++;
            if (row.get("bytes") != null) {
                assertThat(HexFormat.of().parseHex((String) row.get("bytes")))
                        .as(sent.toString())
                        .isEqualTo(sent.bytes());
            } else {
                JsonNode payload = DECIMAL.readTree(new String(sent.bytes(), StandardCharsets.UTF_8));
                JsonNode envelope = DECIMAL.readTree((String) row.get("envelope"));
                assertThat(same(payload, envelope.get("payload")) || same(payload, envelope))
                        .as(sent + "\n" + envelope)
                        .isTrue();
            }
        }
        return compared;
    }

    // jsonb writes 1e2 as 100
    private static boolean same(JsonNode a, JsonNode b) {
        Comparator<JsonNode> numbers = (x, y) -> x.isNumber() && y.isNumber()
                ? new BigDecimal(x.asText()).compareTo(new BigDecimal(y.asText()))
                : x.equals(y) ? 0 : 1;
        return b != null && a.equals(numbers, b);
    }

    // all that comes until the server closes, or does not any more because it has been promised more
    private static String answer(int port, byte[] request, boolean whole) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(whole ? 20_000 : 300);
            socket.getOutputStream().write(request);
            socket.getInputStream().transferTo(answer);
        } catch (SocketTimeoutException e) {
            if (whole) {
                throw e;
            }
        }
        return answer.toString(StandardCharsets.ISO_8859_1);
    }
}
