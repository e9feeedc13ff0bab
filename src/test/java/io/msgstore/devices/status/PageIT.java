/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.status;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Browser;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** The operator's page, as a server gives it and as a browser shows it. */
class PageIT {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final String BAD_GPS =
            "{\"event\":\"gps\",\"terminal_id\":\"t-%d\",\"ts\":1770602938,\"latitude\":\"north\",\"longitude\":16.4}";

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void holdsNothingInlineAndNothingFromElsewhere() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            for (String path : List.of("/", "/page.css", "/store/page.js")) {
                HttpResponse<String> answer = msgstore.get(path);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("Content-Type"))
                        .hasValue(
                                path.endsWith("css")
                                        ? "text/css; charset=utf-8"
                                        : path.endsWith("js")
                                                ? "text/javascript; charset=utf-8"
                                                : "text/html; charset=utf-8");
                assertThat(answer.headers().firstValue("X-Content-Type-Options"))
                        .hasValue("nosniff");
                assertThat(answer.headers().firstValue("Content-Security-Policy"))
                        .hasValueSatisfying(policy -> assertThat(policy)
                                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                                .doesNotContain("unsafe"));
                assertThat(answer.body().replace("http://www.w3.org/2000/svg", ""))
                        .doesNotContain("http:", "https:", "innerHTML", "insertAdjacentHTML");
            }
            assertThat(msgstore.get("/").body())
                    .doesNotContainPattern("<script(?![^>]* src=)")
                    .doesNotContainPattern("<style|\\sstyle=|\\son\\w+=");
            assertThat(msgstore.get("/index.html").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void aDeadLetterIsFoundCorrectedAndReplayed() {
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("devices/t-1/up", String.format(BAD_GPS, 1));
            publisher.publish("devices/t-2/up", String.format(BAD_GPS, 2));
            browser.screen(1280, 900, false).open(url(msgstore));
            browser.awaitText("#letters-say", "2 found");
            browser.awaitText("#headline-text", "but 2 could not be stored in the last minute");
            assertThat(browser.element("#stage-dead").getText().lines()).contains("2 in the last minute");

            browser.type("#search-q", "T-2");
            browser.click("#search-go");
            browser.awaitText("#letters-say", "1 found");
            browser.click("#letters-table button");
            browser.awaitText("#letter-error", "north");
            String payload = browser.element("#letter-payload").getAttribute("value");
            assertThat(payload).contains("\"latitude\": \"north\"");

            browser.type("#letter-payload", payload.replace("\"north\"", "48.2 ,"));
            browser.awaitText("#letter-hint", "No JSON");
            browser.type("#letter-payload", payload.replace("\"north\"", "48.2"));
            browser.awaitText("#letter-replay", "Save and replay");
            browser.screen(390, 844, true).screenshot("page-phone");
            browser.screen(1280, 900, false).screenshot("dead-letter-corrected");
            browser.click("#letter-replay");
            browser.awaitText("#letter-say", "Stored.");
            browser.awaitText("#stage-dead", "1 open");
            browser.screenshot("dead-letter-replayed");
            assertThat(SERVERS.postgres()
                            .query("select count(*) from gps_position_histories where terminal_id = 't-2'"
                                    + " and latitude = 48.2"))
                    .isOne();
            assertThat(SERVERS.postgres()
                            .query(
                                    "select count(*) from dead_letters where topic = 'devices/t-2/up' and replayed_at is not null"
                                            + " and original_envelope::text like '%north%'"))
                    .isOne();
            assertThat(browser.consoleErrors()).isEmpty();
        }
    }

    @Test
    void allThatTheSearchFindsAreReplayedAndOneIsDeleted() {
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            for (int i = 1; i <= 5; i++) {
                publisher.publish("devices/t-" + i + "/up", String.format(BAD_GPS, i));
            }
            browser.screen(1280, 900, false).open(url(msgstore));
            browser.awaitText("#letters-say", "5 found");
            SERVERS.postgres()
                    .execute("update dead_letters set envelope = jsonb_set(envelope, '{payload,latitude}', '1')"
                            + " where id < 5");
            browser.click("#replay-all");
            browser.awaitText("#ask-text", "Replay all open dead letters?");
            browser.click("#ask-yes");
            browser.awaitText("#replay-text", "Replay done: 4 of 5 stored, 1 failed again");
            assertThat(SERVERS.postgres().query("select count(*) from gps_position_histories"))
                    .isEqualTo(4);

            browser.awaitText("#letters-say", "1 found");
            browser.click("#letters-table button");
            browser.awaitText("#letter-title", "Dead letter 5");
            browser.click("#letter-delete");
            browser.awaitText("#ask-text", "Delete dead letter 5?");
            browser.click("#ask-no");
            assertThat(SERVERS.postgres().query("select count(*) from dead_letters"))
                    .isEqualTo(5);
            browser.click("#letter-delete");
            browser.awaitText("#ask-text", "Delete dead letter 5?");
            browser.click("#ask-yes");
            browser.awaitText("#letters-say", "Dead letter 5 is deleted.");
            assertThat(SERVERS.postgres().query("select count(*) from dead_letters"))
                    .isEqualTo(4);
        }
    }

    @Test
    void aLargeDeadLetterIsShownWithItsWholePayload() {
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            SERVERS.postgres()
                    .execute("insert into dead_letters (failed_at, received_at, reason, attempts, topic, envelope,"
                            + " message_key, message_hash, corrected_at, original_payload) select now(), now(),"
                            + " 'bad-data', 1, 't', jsonb_build_object('payload', repeat('x', 100000)), 'key', 'hash',"
                            + " now(), decode(repeat('fe', 100000), 'hex')");
            browser.screen(1280, 900, false).open(url(msgstore));
            browser.click("#letters-table button");
            browser.awaitText("#letter-title", "Dead letter 1");
            assertThat(browser.element("#letter-payload").getAttribute("value")).hasSize(100_000 + 2);
            assertThat(browser.element("#letter-envelope").getAttribute("textContent"))
                    .contains("above 64 KiB");
            assertThat(browser.element("#letter-original").getAttribute("textContent"))
                    .contains("original_payload");
        }
    }

    @Test
    void asksForTheListByItselfOnlyWhenTheLastAnswerIsThere() {
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            browser.screen(1280, 900, false).open(url(msgstore));
            browser.awaitText("#letters-say", "There are none.");
            browser.value(
                    "(window.lists = 0, window.statuses = 0, (real => { window.fetch = (path, options) => {"
                            + " if (String(path).endsWith('status')) window.statuses++;"
                            + " if (!String(path).includes('dead-letters?')) return real(path, options);"
                            + " window.lists++;"
                            + " return new Promise(answer => { window.answer = () => answer(real(path, options)); }); }; })(fetch))");
            publisher.publish("t", "no JSON");
            Awaitility.await("the first list").atMost(LIMIT).until(() -> browser.value("lists")
                    .equals(1L));
            publisher.publish("t", "no JSON either");
            Awaitility.await("another dead letter")
                    .atMost(LIMIT)
                    .until(() -> msgstore.metric("msgstore_dead_total") == 2);
            long seen = (Long) browser.value("statuses");
            Awaitility.await("time to ask again")
                    .atMost(LIMIT)
                    .until(() -> (Long) browser.value("statuses") > seen + 5);
            assertThat(browser.value("lists")).isEqualTo(1L);
            browser.value("answer()");
            browser.awaitText("#letters-say", "2 found");
        }
    }

    @Test
    void aPayloadWithMarkupDoesNotRun() {
        String markup = "<script>window.owned = 1</script><img src=x onerror=\"window.owned = 2\"><b>bold</b>";
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            publisher.publish("devices/<img src=y onerror='window.owned = 3'>/up", markup);
            browser.screen(1280, 900, false).open(url(msgstore));
            browser.awaitText("#letters-say", "1 found");
            publisher.publish(
                    "t",
                    "{\"event\":\"<img src=z onerror='window.owned = 4'>\",\"text\":\"<script>window.owned = 5</script>\"}");
            browser.awaitText("#letters-say", "2 found");
            for (String id : List.of("1", "2")) {
                browser.click("button[data-letter='" + id + "']");
                browser.awaitText("#letter-title", "Dead letter " + id);
                browser.click("#letter > details:last-of-type summary");
                browser.click("#letter-close");
            }
            browser.click("button[data-letter='1']");
            browser.awaitText("#letter-title", "Dead letter 1");
            assertThat(browser.element("#letter-payload").getAttribute("value")).isEqualTo(markup);
            assertThat(browser.element("#letters-table").getText()).contains("<img src=y onerror=");
            assertThat(browser.value("window.owned")).isNull();
            assertThat(browser.count("img, #letters b, #letter b, main script, dialog script"))
                    .isEqualTo(0);
        }
    }

    @Test
    void messagesThatFlowAndMessagesThatWaitAreShownWhereTheyAre() {
        LoadPublisher load = SERVERS.load().messages(100_000).rate(50);
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher();
                LoadPublisher.Running running = load.start()) {
            browser.screen(1240, 900, false).open(url(msgstore));
            browser.awaitText("#headline-text", "Messages flow: ");
            // a curve, and not a dot
            Awaitility.await("messages")
                    .atMost(Duration.ofMinutes(5))
                    .until(() -> running.acknowledged() > (Browser.isFilmed() ? 8_000 : 200));
            publisher.publish("devices/t-1/up", String.format(BAD_GPS, 1));
            browser.awaitText("#headline-text", "but 1 could not be stored in the last minute");
            browser.awaitText("#stage-broker", "1 of 1");
            browser.awaitText("#stage-dead", "1 open");
            for (String stage : List.of("#stage-intake", "#stage-database")) {
                assertThat(browser.awaitText(stage, "/s")).containsPattern("\\b[1-9]\\d*\\s*/s");
            }
            browser.awaitText("#letters-say", "1 found");
            browser.screenshotOfAll("page", 1240, false);
            assertThat(browser.consoleErrors()).isEmpty();

            SERVERS.postgres().stop();
            browser.awaitText("#headline-text", "Stuck: the database does not answer since ");
            Awaitility.await("messages that wait")
                    .atMost(LIMIT)
                    .until(() -> msgstore.metric("msgstore_in_flight") > 300);
            browser.awaitText("#headline-more", " messages wait, nothing is lost.");
            assertThat(browser.awaitText("#stage-workers", " in flight")).containsPattern("\\b[1-9][\\d,]* in flight");
            browser.screenshotOfAll("page-stuck", 1240, false);
            SERVERS.postgres().start();
            browser.awaitText("#headline-text", "Messages flow: ");
        }
    }

    @Test
    void theSourceOfEachRouteIsShown() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
                Browser browser = Browser.start()) {
            String file = "details[data-file='routes/intake/mqtt.camel.yaml']";
            browser.screen(1280, 900, false).open(url(msgstore));
            browser.click("#routes-all > summary");
            browser.click(file + " > summary");
            browser.awaitText(file + " > pre", "id: intake-mqtt-receive");
        }
    }

    @Test
    void theHeadlineSaysThatTheDatabaseIsAwayAndThatTheProcessIs() {
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().asProcess().startAndAwaitReady();
                Publisher publisher = SERVERS.publisher()) {
            browser.screen(390, 844, true).open(url(msgstore));
            browser.awaitText("#headline-text", "Ready: no message has come yet");
            SERVERS.postgres().stop();
            publisher.publish("t", String.format(BAD_GPS, 1).replace("\"north\"", "1"));
            browser.awaitText("#headline-text", "Stuck: the database does not answer since ");
            browser.awaitText("#headline-more", "1 message waits, nothing is lost.");
            assertThat(browser.element("#headline").getAttribute("data-level")).isEqualTo("stuck");
            assertThat(browser.element("#announcement").getAttribute("textContent"))
                    .contains("the database does not answer");
            browser.awaitText("#errors-list", "Database does not take batches");
            assertThat((Long) browser.value("document.documentElement.scrollWidth"))
                    .as("nothing is wider than the phone")
                    .isLessThanOrEqualTo(390);

            SERVERS.postgres().start();
            browser.awaitText("#headline-text", "Messages flow: 0.");
            msgstore.kill9();
            browser.awaitText("#headline-text", "msgstore does not answer since ");
        }
    }

    @Test
    void theChartsShowWhatTheHistoryHas() {
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            browser.screen(1280, 900, false).open(url(msgstore));
            browser.awaitText("#headline-text", "Ready");
            // what msgstore says of the last second, and other percentiles of the last minute
            browser.value("(real => { window.fetch = async (path, options) => {"
                    + " const answer = await real(path, options);"
                    + " if (!String(path).endsWith('status')) return answer;"
                    + " const status = await answer.json();"
                    + " status.rates.stored.last_10_s = 7;"
                    + " status.latency = {p50: 1, p95: 2, p99: 3};"
                    + " Object.assign(status.second, {received: 4711, latency_p50: 4712, latency_p99: 4713});"
                    + " return Response.json(status); }; })(fetch)");
            browser.awaitText("#charts figure:nth-child(1)", "4,711");
            assertThat(browser.awaitText("#charts figure:nth-child(3)", "4,713"))
                    .contains("4,712 ms");
        }
    }

    @Test
    void restsWhileNobodyLooks() {
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            browser.screen(1280, 900, false).open(url(msgstore));
            browser.awaitText("#headline-text", "Ready");
            String asked = "performance.getEntriesByType('resource').length";
            String hide = "(Object.defineProperty(document, 'hidden', {configurable: true, value: %s}),"
                    + " document.dispatchEvent(new Event('visibilitychange')))";
            browser.value(String.format(hide, "true"));
            // what was under way comes to its end
            Awaitility.await("silence")
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofSeconds(3))
                    .until(new Object() {
                        private Object before = -1L;

                        boolean silent() {
                            Object last = before;
                            before = browser.value(asked);
                            return before.equals(last);
                        }
                    }::silent);
            long then = (Long) browser.value(asked);
            browser.value(String.format(hide, "false"));
            Awaitility.await("more").atMost(LIMIT).until(() -> (Long) browser.value(asked) > then);
        }
    }

    private static String url(MsgstoreProcess msgstore) {
        return "http://127.0.0.1:" + msgstore.httpPort() + "/";
    }
}
