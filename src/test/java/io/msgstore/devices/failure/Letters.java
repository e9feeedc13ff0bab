/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.failure;

import java.io.IOException;
import java.net.http.HttpResponse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.awaitility.Awaitility;

import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.TestPostgres;

import static org.assertj.core.api.Assertions.assertThat;

/** Dead letters as tests of their replay make, correct and count them. */
final class Letters {
    static final String REPLAY = "/api/v1/dead-letters/replay";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final TestPostgres postgres;

    Letters(TestPostgres postgres) {
        this.postgres = postgres;
    }

    static String gps(int i) {
        return "{\"event\":\"gps\",\"terminal_id\":\"t-" + i + "\",\"ts\":" + (1_770_000_000 + i)
                + ",\"latitude\":52.5,\"longitude\":13.4}";
    }

    /** SQL that makes open dead letters which can be stored. */
    static String letters(int number) {
        return "insert into dead_letters (failed_at, received_at, reason, attempts, topic, event, envelope, message_key,"
                + " message_hash) select now(), now(), 'constraint', 1, 'excluded/' || i, 'gps', jsonb_build_object("
                + "'ts', '2026-01-23T17:00:00.123Z', 'topic', 'excluded/' || i, 'payload', jsonb_build_object("
                + "'event', 'gps', 'terminal_id', 't-' || i, 'ts', 1770000000, 'latitude', 1, 'longitude', 2)),"
                + " 'key-' || i, 'hash-' || i from generate_series(1, " + number + ") i";
    }

    void correct(int device, String change) {
        postgres.execute("update dead_letters set " + change + " where topic = 'devices/t-" + device + "/up'");
    }

    void await(int number) {
        Awaitility.await()
                .atMost(Limits.LIMIT)
                .until(() -> postgres.query("select count(*) from dead_letters") == number);
    }

    long stored() {
        return postgres.query("select count(*) from gps_position_histories");
    }

    static JsonNode replay(MsgstoreProcess msgstore, String path) {
        HttpResponse<String> answer = msgstore.request("POST", path, "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new IllegalStateException(answer.body(), e);
        }
    }

    static JsonNode counts(int replayed, int failedAgain, int inFlight, int remaining) {
        return JSON.createObjectNode()
                .put("replayed", replayed)
                .put("failed_again", failedAgain)
                .put("in_flight", inFlight)
                .putNull("next")
                .put("remaining", remaining);
    }
}
