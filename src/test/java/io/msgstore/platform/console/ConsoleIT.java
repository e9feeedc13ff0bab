/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.console;

import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.openqa.selenium.By;

import io.msgstore.support.Browser;
import io.msgstore.support.Counts;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** The console, over HTTP and as a browser shows it, and what its policy lets through. */
class ConsoleIT {
    private static final String SECRET = "s3cret-of-mine";
    private static final String CONTEXT = "org.apache.camel:context=msgstore,type=context,name=\"msgstore\"";
    private static final String ROUTE = "org.apache.camel:context=msgstore,type=routes,name=\"api-accounts\"";
    private static final String RUNTIME = "java.lang:type=Runtime";
    /** So that messages are not those of a load that begins with its default. */
    private static final long EARLIER = 1_760_000_000;

    private static final List<JsonObject> ALLOWED = List.of(
            new JsonObject().put("type", "version"),
            new JsonObject().put("type", "list"),
            new JsonObject().put("type", "search").put("mbean", "*:*"),
            read(CONTEXT, "CamelVersion"),
            read(ROUTE, "ExchangesTotal"),
            read("java.lang:type=Memory", "HeapMemoryUsage"),
            read("java.lang:type=Threading", "ThreadCount"),
            read("java.lang:type=OperatingSystem", "SystemLoadAverage"),
            read(RUNTIME, "Uptime"),
            exec(CONTEXT, "dumpRoutesAsXml()"),
            exec(CONTEXT, "dumpRoutesStatsAsXml", true, true),
            exec(ROUTE, "dumpRouteAsXml()"),
            exec("java.lang:type=Threading", "dumpAllThreads(boolean,boolean)", false, false),
            exec(ROUTE, "suspend()"),
            exec(ROUTE, "resume()"),
            exec(ROUTE, "stop()"),
            exec(ROUTE, "start()"));

    private static final List<JsonObject> REFUSED = List.of(
            read(RUNTIME, "SystemProperties"),
            read(RUNTIME, "InputArguments"),
            new JsonObject().put("type", "read").put("mbean", RUNTIME),
            new JsonObject().put("type", "read").put("mbean", "*:*"),
            read("java.lang:*", "SystemProperties"),
            read("java.util.logging:type=Logging", "LoggerNames"),
            write(ROUTE, "StatisticsEnabled", false),
            write("java.lang:type=Memory", "Verbose", true),
            exec("java.lang:type=Memory", "gc"),
            exec("com.sun.management:type=HotSpotDiagnostic", "dumpHeap", "/nowhere/heap.hprof", true),
            exec("com.sun.management:type=DiagnosticCommand", "vmSystemProperties", new JsonArray()),
            exec(CONTEXT, "stop()"),
            exec(CONTEXT, "suspend()"),
            exec(CONTEXT, "getProperty(java.lang.String)", "msgstore.mqtt.password"),
            exec(CONTEXT, "sendStringBody(java.lang.String,java.lang.String)", "direct:filter", "{}"),
            exec(CONTEXT, "dumpRoutesAsXml(boolean)", true),
            exec(ROUTE, "dumpRouteAsXml(boolean)", true),
            exec(ROUTE, "remove()"),
            exec(ROUTE, "updateRouteFromXml(java.lang.String)", "<route/>"),
            exec(ROUTE, "stop"),
            exec("org.apache.camel:type=routes,*", "remove()"),
            exec("*:type=routes,*", "stop()"),
            new JsonObject().put("type", "notification").put("command", "register"),
            new JsonObject().put("type", "nosuch"),
            new JsonObject(),
            read("java.lang:type=Memory", "HeapMemoryUsage")
                    .put("target", new JsonObject().put("url", "service:jmx:rmi:///jndi/rmi://127.0.0.1:1/jmxrmi")));

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @Test
    void jolokiaDoesWhatThePolicySaysAndAnswersTheRestWith403() {
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().set("msgstore.console", true).startAndAwaitReady()) {
            for (JsonObject request : ALLOWED) {
                HttpResponse<String> answer = msgstore.request("POST", "/observe/jolokia", request.encode());
                assertThat(answer.statusCode())
                        .as(request + " " + answer.body())
                        .isEqualTo(200);
                assertThat(new JsonObject(answer.body()).getInteger("status"))
                        .as(request + " " + answer.body())
                        .isEqualTo(200);
            }
            for (JsonObject request : REFUSED) {
                HttpResponse<String> answer = msgstore.request("POST", "/observe/jolokia", request.encode());
                assertThat(answer.statusCode())
                        .as(request + " " + answer.body())
                        .isEqualTo(403);
                assertThat(new JsonObject(answer.body()).getInteger("status")).isEqualTo(403);
                assertThat(answer.body()).doesNotContain("\\tat ", "stacktrace");
            }
            for (String path : List.of("/list", "/read/java.lang:type=Memory", "/exec/x/y", "/version/x")) {
                assertThat(msgstore.get("/observe/jolokia" + path).statusCode())
                        .as(path)
                        .isEqualTo(403);
            }
            assertThat(msgstore.get("/observe/jolokia").body()).contains("\"agent\"");
            for (String body : List.of("{nonsense", "[]", "\"x\"", "[1]")) {
                assertThat(msgstore.request("POST", "/observe/jolokia", body).statusCode())
                        .as(body)
                        .isBetween(400, 403);
            }
            JsonArray several = new JsonArray().add(ALLOWED.get(0)).add(exec("java.lang:type=Memory", "gc"));
            assertThat(new JsonArray(msgstore.request("POST", "/observe/jolokia", several.encode())
                                    .body())
                            .stream()
                                    .map(one -> ((JsonObject) one).getInteger("status"))
                                    .toList())
                    .isEqualTo(List.of(200, 403));
            JsonObject quiet = new JsonObject().put("includeRequest", "false").put("includeStackTrace", "true");
            HttpResponse<String> unlogged = msgstore.request(
                    "POST",
                    "/observe/jolokia?includeRequest=false",
                    exec(ROUTE, "start()").put("config", quiet).encode());
            assertThat(unlogged.body()).contains("\"request\"");
            HttpResponse<String> failing = msgstore.request(
                    "POST",
                    "/observe/jolokia",
                    read("java.lang:type=Memory", "Nothing")
                            .put("config", quiet)
                            .encode());
            assertThat(failing.body()).contains("\"error\"").doesNotContain("stacktrace");
            assertThat(msgstore.output()).contains("Console: start() of");
            assertThat(msgstore.output())
                    .contains("Console: stop() of org.apache.camel:context=msgstore,name=\"api-accounts\",type=routes")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void aRouteThatWaitsForItsMessagesToStopDoesNotHoldUpLiveness() throws Exception {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.console", true)
                        .set("msgstore.db-timeout-ms", 60_000)
                        .startAndAwaitReady();
                Connection lock = SERVERS.postgres().connect()) {
            lock.setAutoCommit(false);
            try (Statement statement = lock.createStatement()) {
                statement.execute("lock table gps_position_histories in access exclusive mode");
            }
            SERVERS.load().messages(1).run();
            SERVERS.awaitBlockedStatements(1);
            CompletableFuture<HttpResponse<String>> stopped = CompletableFuture.supplyAsync(() -> msgstore.request(
                    "POST",
                    "/observe/jolokia",
                    exec(route("store-gps-write"), "stop()").encode()));
            Awaitility.await("the route is being stopped").atMost(Limits.LIMIT).until(() -> msgstore.request(
                            "POST",
                            "/observe/jolokia",
                            exec("java.lang:type=Threading", "dumpAllThreads(boolean,boolean)", false, false)
                                    .encode())
                    .body()
                    .contains("ManagedRoute.java"));
            assertThat(msgstore.get("/observe/health/live").statusCode()).isEqualTo(200);
            assertThat(stopped).isNotDone();
            lock.rollback();
            assertThat(stopped.get(Limits.SECONDS, TimeUnit.SECONDS).statusCode())
                    .isEqualTo(200);
        }
        assertThat(SERVERS.postgres().query("select count(*) from gps_position_histories"))
                .isOne();
    }

    @Test
    void messagesForARouteThatIsStoppedStayWithTheBroker() {
        int messages = 5;
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().set("msgstore.console", true).startAndAwaitReady()) {
            // the route is one that messages have gone to before
            SERVERS.load().firstTs(EARLIER).messages(100).run();
            Counts.afterAtLeast(100, msgstore);
            assertThat(msgstore.request(
                                    "POST",
                                    "/observe/jolokia",
                                    exec(route("store-gps"), "stop()").encode())
                            .statusCode())
                    .isEqualTo(200);
            SERVERS.load().messages(messages).run();
            Awaitility.await("all are returned")
                    .atMost(Limits.LIMIT)
                    .until(() -> msgstore.metric("msgstore_enqueue_drop_total", "reason", "returned") == messages);
            assertThat(msgstore.metric("msgstore_dead_total")).isZero();
        }
        try (MsgstoreProcess again = SERVERS.msgstore().startAndAwaitReady()) {
            assertThat(Counts.afterAtLeast(messages, again).stored()).isEqualTo(messages);
        }
    }

    @Test
    void messagesForARouteThatIsStoppedAreSetAsideWhereTheBrokerHasThemNoMore() {
        int messages = 5;
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.console", true)
                .set("msgstore.ack", "on-enqueue")
                .startAndAwaitReady()) {
            assertThat(msgstore.request(
                                    "POST",
                                    "/observe/jolokia",
                                    exec(route("store-gps"), "stop()").encode())
                            .statusCode())
                    .isEqualTo(200);
            SERVERS.load().messages(messages).run();
            assertThat(Counts.afterAtLeast(messages, msgstore).dead()).isEqualTo(messages);
        }
        assertThat(SERVERS.postgres().query("select count(*) from dead_letters where reason = 'internal'"))
                .isEqualTo(messages);
    }

    private static String route(String id) {
        return "org.apache.camel:context=msgstore,type=routes,name=\"" + id + "\"";
    }

    @Test
    void noSecretIsSeenThroughIt() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .set("msgstore.console", true)
                .set("msgstore.db.username", "postgres")
                .set("msgstore.db.password", SECRET)
                .set("msgstore.http.username", "operator")
                .set("msgstore.http.password", SECRET)
                .environment("MSGSTORE_MQTT_PASSWORD", SECRET)
                .startAndAwaitReady()) {
            JsonObject lenient = new JsonObject().put("ignoreErrors", true).put("maxDepth", 6);
            for (JsonObject request : List.of(
                    new JsonObject()
                            .put("type", "read")
                            .put("mbean", "org.apache.camel:*")
                            .put("config", lenient),
                    new JsonObject()
                            .put("type", "read")
                            .put("mbean", "java.lang:*")
                            .put("config", lenient),
                    new JsonObject().put("type", "list"),
                    exec(CONTEXT, "dumpRoutesAsXml()"))) {
                String answer = msgstore.request("POST", "/observe/jolokia", request.encode())
                        .body();
                assertThat(new JsonObject(answer).getInteger("status"))
                        .as(answer)
                        .isEqualTo(200);
                assertThat(answer).hasSizeGreaterThan(1000).doesNotContain(SECRET);
            }
            assertThat(msgstore.output()).doesNotContain(SECRET);
        }
    }

    @Test
    void itIsThereOnlyWhereItIsWanted() {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().startAndAwaitReady()) {
            for (String path : List.of("/hawtio", "/hawtio/", "/hawtio/user", "/observe/jolokia")) {
                assertThat(msgstore.get(path).statusCode()).as(path).isEqualTo(404);
            }
        }
        try (MsgstoreProcess msgstore =
                SERVERS.msgstore().set("msgstore.console", true).startAndAwaitReady()) {
            for (String path : List.of("/hawtio/", "/hawtio/camel/routes", "/hawtio/jmx")) {
                assertThat(msgstore.get(path).body()).as(path).contains("<title>Hawtio</title>");
            }
            assertThat(msgstore.get("/hawtio").headers().firstValue("Location")).hasValue("/hawtio/");
            assertThat(msgstore.get("/hawtio/nosuch.js").statusCode()).isEqualTo(404);
            Map.of("/user", "\"public\"", "/plugin", "[]", "/keycloak/enabled", "false", "/auth/config", "{}")
                    .forEach((path, answer) -> assertThat(
                                    msgstore.get("/hawtio" + path).body())
                            .as(path)
                            .isEqualTo(answer));
        }
    }

    @Test
    void aBrowserShowsTheTreeAndADiagramThatCounts() {
        try (Browser browser = Browser.start().screen(1280, 800, false);
                MsgstoreProcess msgstore =
                        SERVERS.msgstore().set("msgstore.console", true).startAndAwaitReady()) {
            SERVERS.load().messages(200).run();
            Counts.afterAtLeast(200, msgstore);
            browser.open(msgstore.url() + "/hawtio");
            browser.click(Browser.withText("routes"));
            browser.awaitText("Started");
            By count = By.xpath("//th[.='Completed']//button");
            browser.click(count);
            browser.click(count);
            browser.await(By.xpath("//tbody/tr[1][contains(., '200')]"));
            browser.screenshot("console-routes");
            // high enough for the whole route
            browser.screen(1280, 1400, false);
            browser.click(Browser.withText("intake-mqtt"));
            browser.click(Browser.withText("Route Diagram"));
            By step = By.xpath("//*[contains(@class, 'react-flow__node')][contains(., 'intake-mqtt-to-filter')]");
            Awaitility.await("the counter of the last step of the intake")
                    .atMost(Limits.LIMIT)
                    .until(() -> browser.await(step).getText().lines().anyMatch("200"::equals));
            browser.screenshot("console-intake");
            browser.click(Browser.withText("Source"));
            browser.await(By.xpath("//*[contains(text(), 'intake-mqtt-to-filter')]"));
            assertThat(browser.errors()).isEmpty();
        }
    }

    @Test
    void aBrowserWithThePasswordIsLetIn() {
        try (Browser browser = Browser.start().screen(1280, 800, false);
                MsgstoreProcess msgstore = SERVERS.msgstore()
                        .set("msgstore.console", true)
                        .set("msgstore.http.username", "operator")
                        .set("msgstore.http.password", SECRET)
                        .startAndAwaitReady()) {
            browser.open(msgstore.url() + "/hawtio");
            assertThat(browser.text()).doesNotContain("Camel");
            // a page whose own address has a password in it can't fetch anything
            browser.open(msgstore.url().replace("://", "://operator:" + SECRET + "@") + "/hawtio/user");
            browser.open(msgstore.url() + "/hawtio");
            browser.awaitText("intake-mqtt");
        }
    }

    private static JsonObject read(String mbean, String attribute) {
        return new JsonObject().put("type", "read").put("mbean", mbean).put("attribute", attribute);
    }

    private static JsonObject write(String mbean, String attribute, Object value) {
        return read(mbean, attribute).put("type", "write").put("value", value);
    }

    private static JsonObject exec(String mbean, String operation, Object... arguments) {
        return new JsonObject()
                .put("type", "exec")
                .put("mbean", mbean)
                .put("operation", operation)
                .put("arguments", new JsonArray(List.of(arguments)));
    }
}
