/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.api;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.support.Browser;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Publisher;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** The operator's page, as a server gives it and as a browser shows it. */
class PageIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String BAD_GPS =
            "{\"event\":\"gps\",\"terminal_id\":\"t-%d\",\"ts\":1770602938,\"latitude\":\"north\",\"longitude\":16.4}";

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @Test
    void holdsNothingInlineAndNothingFromElsewhere() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            for (String path : List.of("/", "/page.css", "/page.js")) {
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
    void theHeadlineSaysThatTheDatabaseIsAwayAndThatTheProcessIs() {
        try (Browser browser = Browser.start();
                MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady();
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
