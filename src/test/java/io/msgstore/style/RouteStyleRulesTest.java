/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.style;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Breaks each rule of {@link RouteStyle} once, in a bundle that is otherwise in order. */
class RouteStyleRulesTest {
    private static final String ROUTE_FILE = "routes/intake/a.camel.yaml";
    private static final String SQL_FILE = "sql/postgresql/mode/store.sql";
    private static final String STORE_BEANS = "src/main/java/io/msgstore/devices/StoreBeans.java";
    private static final String QUEUE_BEANS = "src/main/java/io/msgstore/devices/QueueBeans.java";

    private static final String ROUTES = """
            - route:
                id: intake-a
                description: Receives
                group: intake
                routeConfigurationId: failure
                from:
                  id: intake-a-from
                  uri: "timer:{{my.key}}"
                  steps:
                    - process:
                        id: intake-a-work
                        ref: work
                    - to:
                        id: intake-a-to-b
                        uri: direct:b
            - route:
                id: intake-b
                description: Writes
                group: intake
                from:
                  id: intake-b-from
                  uri: direct:b
                  steps:
                    - to:
                        id: intake-b-sql
                        uri: "sql:{{sql}}/mode/store.sql"
            - routeConfiguration:
                id: failure
                onException:
                  - onException:
                      id: failure-any
                      exception:
                        - java.lang.Exception
                      redeliveryPolicy:
                        maximumRedeliveries: "{{my.number}}"
            """;
    private static final String SQL = "-- Stores. In: :#batch\nselect cast(:#batch as json)\n";
    private static final Map<String, String> UNBOUND = Map.of("intake-b", "the reason");

    @TempDir
    Path folder;

    @BeforeEach
    void lay() throws IOException {
        write("application.properties", "# {{sql}} is a folder.\nmy.key=tick\nmy.number=3\n");
        write(ROUTE_FILE, ROUTES);
        write(SQL_FILE, SQL);
        write(STORE_BEANS, "platform.bind(\"work\", x); platform.bind(\"sql\", x);");
        write(QUEUE_BEANS, "platform.step(\"queueGate\", x);");
    }

    @Test
    void findsNothingInAGoodBundle() {
        assertThat(check()).isEmpty();
    }

    @Test
    void wantsWhatTheSchemaWants() throws IOException {
        replace("ref: work", "ref: work\n            reff: work");
        assertThat(check()).singleElement().asString().contains("schema: ", "/process", "reff");
    }

    @Test
    void wantsNumbersWhereTheSchemaDoes() throws IOException {
        write("application.properties", "# {{sql}} is a folder.\nmy.key=tick\nmy.number=three\n");
        assertThat(check()).singleElement().asString().contains("schema: ", "maximumRedeliveries", "number expected");
    }

    @Test
    void looksIntoRestServices() throws IOException {
        write(ROUTE_FILE, ROUTES + """
            - rest:
                id: api
                get:
                  - id: api-list
                    to: direct:b
                  - id: api-get
                    description: Reads
                    to:
                      id: api-get-request
                      uri: direct:nowhere
            """);
        assertThat(check())
                .containsExactlyInAnyOrder(
                        ROUTE_FILE + ": get api-list has no description",
                        ROUTE_FILE + ": not in canonical form: shorthand \"to: direct:b\"",
                        ROUTE_FILE + ": no route from direct:nowhere");
    }

    @Test
    void wantsRoutesInCanonicalForm() throws IOException {
        write(ROUTE_FILE, ROUTES + """
                - from:
                    id: short-from
                    uri: timer:short
                    steps:
                      - log:
                          id: short-log
                          message: x
                """);
        assertThat(check()).containsExactly(ROUTE_FILE + ": not in canonical form: starts with \"- from:\"");
    }

    @Test
    void wantsStepsInCanonicalForm() throws IOException {
        replace("- to:\n            id: intake-a-to-b\n            uri: direct:b", "- to: direct:b");
        assertThat(check()).containsExactly(ROUTE_FILE + ": not in canonical form: shorthand \"to: direct:b\"");
    }

    @Test
    void wantsExpressionsUnderAKeyOfTheirOwn() throws IOException {
        replace("uri: direct:b\n- route", """
                uri: direct:b
                        - setBody:
                            id: intake-a-body
                            constant:
                              expression: x
                - route""");
        assertThat(check()).containsExactly(ROUTE_FILE + ": constant of setBody is not under expression:");
    }

    @Test
    void wantsOptionsAsParameters() throws IOException {
        replace("uri: direct:b\n- route", "uri: direct:b?block=true\n- route");
        assertThat(check())
                .containsExactly(ROUTE_FILE + ": not in canonical form: options in the URI direct:b?block=true");
    }

    @Test
    void wantsARouteId() throws IOException {
        replace("id: intake-a\n    ", "");
        assertThat(check()).containsExactly(ROUTE_FILE + ": a route has no id");
    }

    @Test
    void wantsKebabCase() throws IOException {
        replace("id: intake-a\n", "id: intakeA\n");
        assertThat(check()).containsExactly(ROUTE_FILE + ": id intakeA is not kebab-case");
    }

    @ParameterizedTest
    @ValueSource(strings = {"description: Receives", "group: intake"})
    void wantsDescriptionAndGroup(String line) throws IOException {
        replace(line + "\n    ", "");
        assertThat(check())
                .containsExactly(ROUTE_FILE + ": route intake-a has no " + line.substring(0, line.indexOf(':')));
    }

    @Test
    void wantsNoIdAtFrom() throws IOException {
        replace("id: intake-b-from\n      ", "");
        assertThat(check()).isEmpty();
    }

    @Test
    void wantsAnIdAtEveryStep() throws IOException {
        replace("id: intake-a-work\n            ", "");
        assertThat(check()).containsExactly(ROUTE_FILE + ": process has no id");
    }

    @Test
    void wantsAnIdAtStepsInsideBranches() throws IOException {
        replace("""
                - process:
                            id: intake-a-work
                            ref: work
                """, """
                - choice:
                            id: intake-a-choice
                            when:
                              - expression:
                                  constant:
                                    expression: "true"
                                steps:
                                  - process:
                                      ref: work
                            otherwise:
                              steps:
                                - doTry:
                                    id: intake-a-try
                                    steps:
                                      - stop: {}
                                    doCatch:
                                      - exception:
                                          - java.lang.Exception
                                        steps:
                                          - log:
                                              message: x
                """);
        assertThat(check())
                .containsExactlyInAnyOrder(
                        ROUTE_FILE + ": when has no id",
                        ROUTE_FILE + ": process has no id",
                        ROUTE_FILE + ": otherwise has no id",
                        ROUTE_FILE + ": stop has no id",
                        ROUTE_FILE + ": doCatch has no id",
                        ROUTE_FILE + ": log has no id");
    }

    @Test
    void wantsNoMethodOfABeanToDecideInADoCatch() throws IOException {
        write(ROUTE_FILE, ROUTES.replace("- routeConfiguration:", """
                - route:
                    id: intake-c
                    group: intake
                    description: Catches
                    routeConfigurationId: failure
                    from:
                      id: intake-c-from
                      uri: timer:c
                      steps:
                        - doTry:
                            id: intake-c-try
                            steps:
                              - stop:
                                  id: intake-c-stop
                            doCatch:
                              - id: intake-c-catch
                                exception:
                                  - java.lang.Exception
                                onWhen:
                                  expression:
                                    method:
                                      ref: work
                                      method: isBad
                                steps:
                                  - log:
                                      id: intake-c-log
                                      message: x
                - routeConfiguration:"""));
        assertThat(check())
                .containsExactly(ROUTE_FILE
                        + ": a method of bean work decides in a doCatch, where it is not given the error: use ref");
    }

    @Test
    void wantsAnIdAtOnException() throws IOException {
        replace("id: failure-any\n          ", "");
        assertThat(check()).containsExactly(ROUTE_FILE + ": onException has no id");
    }

    @Test
    void wantsIdsToBeUniqueOverFiles() throws IOException {
        write("routes/intake/z.camel.yaml", """
                - routeConfiguration:
                    id: intake-a-work
                """);
        assertThat(check())
                .containsExactly("routes/intake/z.camel.yaml: id intake-a-work stands in " + ROUTE_FILE + " too");
    }

    @Test
    void wantsFewSteps() throws IOException {
        StringBuilder steps = new StringBuilder();
        for (int i = 1; i <= 6; i++) {
            steps.append("- log:\n            id: log-" + i + "\n            message: x\n        ");
        }
        replace("- process:", steps + "- process:");
        assertThat(check()).containsExactly(ROUTE_FILE + ": route intake-a has 8 steps, more than 7");
    }

    @Test
    void wantsRoutesToNameTheirErrorHandling() throws IOException {
        replace("routeConfigurationId: failure\n    ", "");
        assertThat(check()).containsExactly(ROUTE_FILE + ": route intake-a names no routeConfiguration");
    }

    @Test
    void wantsNamedErrorHandlingToBeThere() throws IOException {
        replace("routeConfigurationId: failure", "routeConfigurationId: failing");
        assertThat(check())
                .containsExactly(ROUTE_FILE + ": route intake-a names routeConfiguration failing, which is not there");
    }

    @Test
    void wantsExcusesOnlyForRoutesThatAreThere() {
        assertThat(RouteStyle.check(folder, Map.of("intake-b", "reason", "gone", "reason")))
                .containsExactly("routes: route gone is excused from a routeConfiguration, but is not there");
    }

    @Test
    void wantsRouteConfigurationsToHaveAnId() throws IOException {
        write(ROUTE_FILE, ROUTES + "- routeConfiguration:\n    description: for everyone\n");
        assertThat(check())
                .containsExactly(ROUTE_FILE + ": a routeConfiguration has no id, so it applies to every route");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "batch", "seda"})
    void wantsARouteForWhatIsSent(String scheme) throws IOException {
        replace("uri: direct:b\n- route", "uri: " + scheme + ":nowhere\n- route");
        assertThat(check())
                .containsExactlyInAnyOrder(
                        ROUTE_FILE + ": no route from " + scheme + ":nowhere",
                        ROUTE_FILE + ": nothing sends to direct:b");
    }

    @Test
    void wantsARouteForDeadLetterEndpoints() throws IOException {
        replace("id: failure\n", """
                id: failure
                    errorHandler:
                      deadLetterChannel:
                        id: failure-channel
                        deadLetterUri: direct:nowhere
                """);
        assertThat(check()).containsExactly(ROUTE_FILE + ": no route from direct:nowhere");
    }

    @Test
    void wantsARouteForWhatAConfigurationSendsWhereARouteNamesIt() throws IOException {
        write("routes/failure/full.camel.yaml", """
                - routeConfiguration:
                    id: full
                    onException:
                      - onException:
                          id: full-any
                          exception:
                            - java.lang.Exception
                          steps:
                            - to:
                                id: full-any-to
                                uri: seda:messages
                """);
        write("routes/queue/one.camel.yaml", route("queue-one", "direct:enqueue"));
        write(
                "routes/queue/two.camel.yaml",
                route("queue-two", "direct:enqueue")
                        + route("queue-two-take", "seda:messages").replace("Id: failure", "Id: full"));
        assertThat(check()).isEmpty();
        replace("routeConfigurationId: failure", "routeConfigurationId: full");
        assertThat(check()).containsExactly("routes/failure/full.camel.yaml: no route from seda:messages");
    }

    @Test
    void wantsARouteForWhatAFullQueueTakesNot() throws IOException {
        replace(
                "uri: direct:b\n- route",
                "uri: direct:b\n            parameters:\n              whenFull: direct:nowhere\n- route");
        assertThat(check()).containsExactly(ROUTE_FILE + ": no route from direct:nowhere");
    }

    @Test
    void wantsOneRouteOnlyFromAnEndpoint() throws IOException {
        write("routes/failure/z.camel.yaml", route("second", "direct:b"));
        assertThat(check())
                .containsExactlyInAnyOrder(
                        ROUTE_FILE + ": more than one route from direct:b",
                        "routes/failure/z.camel.yaml: more than one route from direct:b");
    }

    @Test
    void wantsSomethingToBeSentToAnEndpoint() throws IOException {
        write("routes/failure/z.camel.yaml", route("second", "batch:c"));
        assertThat(check()).containsExactly("routes/failure/z.camel.yaml: nothing sends to batch:c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct:enqueue", "direct:dispatch", "direct:dead-letter", "direct:store-evt"})
    void letsStagesBeEnteredFromOutside(String entrance) throws IOException {
        write("routes/failure/z.camel.yaml", route("second", entrance));
        assertThat(check()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"queue/one queue/two", "queue/fallback/one queue/fallback/two", "store/one/a store/two/a"})
    void letsAlternativesHaveTheSameIdsAndEntrances(String files) throws IOException {
        for (String file : files.split(" ")) {
            write("routes/" + file + ".camel.yaml", route("enqueue", "direct:enqueue"));
        }
        assertThat(check()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "queue/common/one queue/one",
                "queue/common/one queue/common/two",
                "queue/fallback/one queue/one",
                "store/one/a store/one/b",
                "intake/one queue/one"
            })
    void wantsIdsAndEntrancesToBeUniqueInWhatIsLoadedTogether(String files) throws IOException {
        String[] both = files.split(" ");
        for (String file : both) {
            write("routes/" + file + ".camel.yaml", route("enqueue", "direct:enqueue"));
        }
        String second = "routes/" + both[1] + ".camel.yaml: ";
        assertThat(check())
                .contains(
                        second + "id enqueue stands in routes/" + both[0] + ".camel.yaml too",
                        second + "more than one route from direct:enqueue");
    }

    @Test
    void wantsAFallbackToHaveItsEntranceAndNothingOfItWithoutOne() throws IOException {
        replace("uri: direct:b\n- route", """
                uri: direct:b
                        - to:
                            id: intake-a-to-fallback
                            uri: direct:queue-fallback
                - route""");
        write("routes/queue/one.camel.yaml", route("queue-one", "direct:enqueue"));
        assertThat(check()).isEmpty();
        write("routes/queue/fallback/x.camel.yaml", route("fallback-x", "direct:dispatch"));
        assertThat(check()).containsExactly(ROUTE_FILE + ": no route from direct:queue-fallback");
        write("routes/queue/fallback/x.camel.yaml", route("fallback-x", "direct:queue-fallback"));
        assertThat(check()).isEmpty();
    }

    @Test
    void wantsTheLengthOfEveryQueueButTheOneInMemory() throws IOException {
        replace("uri: direct:b\n- route", """
                uri: direct:b
                        - to:
                            id: intake-a-to-length
                            uri: direct:queue-length
                - route""");
        write("routes/queue/memory.camel.yaml", route("queue-memory", "direct:enqueue"));
        assertThat(check()).isEmpty();
        write("routes/queue/one.camel.yaml", route("queue-one", "direct:enqueue"));
        assertThat(check()).containsExactly(ROUTE_FILE + ": no route from direct:queue-length");
        write("routes/queue/one.camel.yaml", route("queue-one", "direct:queue-length"));
        assertThat(check()).isEmpty();
    }

    @Test
    void knowsTheBeansOfRouteFiles() throws IOException {
        replace("redeliveryPolicy:\n            maximumRedeliveries: \"{{my.number}}\"", "redeliveryPolicyRef: again");
        assertThat(check()).containsExactly(ROUTE_FILE + ": bean again is bound in no wiring and no route file");
        write("routes/again.camel.yaml", """
                - beans:
                    - name: again
                      type: org.apache.camel.processor.errorhandler.RedeliveryPolicy
                      properties:
                        maximumRedeliveries: "{{my.number}}"
                """);
        assertThat(check()).isEmpty();
        write("routes/again.camel.yaml", """
                - beans:
                    - name: again
                      type: org.apache.camel.processor.errorhandler.RedeliveryPolicy
                      properties:
                        maximumRedeliveries: "{{my.other}}"
                    - name: work
                      type: java.lang.Object
                    - name: idle
                      type: java.lang.Object
                """);
        assertThat(check())
                .containsExactlyInAnyOrder(
                        "routes/again.camel.yaml: {{my.other}} is not in application.properties",
                        "routes/again.camel.yaml: bean work is bound in " + STORE_BEANS + " too",
                        "routes/again.camel.yaml: bean idle is bound, but no route uses it");
    }

    @Test
    void wantsBeansOfEachWiringToBeUsed() throws IOException {
        write(QUEUE_BEANS, "platform.bind(\n    \"idle\", x);");
        assertThat(check()).containsExactly(QUEUE_BEANS + ": bean idle is bound, but no route uses it");
        write(QUEUE_BEANS, "platform.bind(\"toil\", x);");
        replace("ref: work", "ref: toil");
        assertThat(check()).containsExactly(STORE_BEANS + ": bean work is bound, but no route uses it");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://db.example.org/x",
                "kafka:topic@somewhere",
                "netty:tcp:broker:1883",
                "mllp:localhost",
                "mllp:10.0.0.1",
                "ftp:password=x"
            })
    void wantsNoConnectionSettingsInUris(String uri) throws IOException {
        replace(
                "\"sql:{{sql}}/mode/store.sql\"",
                "\"sql:{{sql}}/mode/store.sql\"\n" + "        - to:\n" + "            id: out\n            uri: \""
                        + uri + "\"");
        assertThat(check()).containsExactly(ROUTE_FILE + ": connection settings in the URI " + uri);
    }

    @ParameterizedTest
    @ValueSource(strings = {"password", "brokerUrl", "host", "port", "userName"})
    void wantsNoConnectionSettingsInParameters(String option) throws IOException {
        replace(
                "uri: direct:b\n- route",
                "uri: direct:b\n            parameters:\n              " + option + ": x\n- route");
        assertThat(check()).containsExactly(ROUTE_FILE + ": connection setting " + option + " in a route");
    }

    @Test
    void wantsEveryPlaceholderInApplicationProperties() throws IOException {
        replace("{{my.key}}", "{{your.key:with-default}}");
        assertThat(check()).containsExactly(ROUTE_FILE + ": {{your.key}} is not in application.properties");
    }

    @Test
    void takesPlaceholdersThatACommentOfApplicationPropertiesExplains() throws IOException {
        write("application.properties", "my.key=tick\nmy.number=3\n");
        assertThat(check()).containsExactly(ROUTE_FILE + ": {{sql}} is not in application.properties");
        write("application.properties", "my.key=tick\n# In a route {{sql}} is the folder.\nmy.number=3\n");
        assertThat(check()).isEmpty();
    }

    @Test
    void wantsTheSqlOfARouteToBeThere() throws IOException {
        replace("mode/store.sql", "mode/store-it.sql");
        assertThat(check())
                .containsExactlyInAnyOrder(
                        ROUTE_FILE + ": sql/postgresql/mode/store-it.sql is not there",
                        SQL_FILE + ": no route uses it");
    }

    @Test
    void takesTheWriteModeFromTheFolderOfTheRoute() throws IOException {
        write("routes/store/other/z.camel.yaml", """
                - route:
                    id: store
                    description: Stores
                    group: store
                    routeConfigurationId: failure
                    from:
                      id: store-from
                      uri: direct:store-x
                      steps:
                        - to:
                            id: store-sql
                            uri: "sql:{{sql}}/{{msgstore.write-mode}}/store.sql"
                """);
        write("application.properties", "# {{sql}} is a folder.\nmy.key=tick\nmy.number=3\nmsgstore.write-mode=mode\n");
        assertThat(check())
                .containsExactly("routes/store/other/z.camel.yaml: sql/postgresql/other/store.sql is not there");
    }

    @Test
    void wantsSqlInFiles() throws IOException {
        replace("{{sql}}/mode/store.sql", "select 1");
        assertThat(check())
                .containsExactlyInAnyOrder(
                        ROUTE_FILE + ": SQL is not in a file below {{sql}}: select 1", SQL_FILE + ": no route uses it");
    }

    @Test
    void wantsAHeaderInSql() throws IOException {
        write(SQL_FILE, "select 1\n");
        assertThat(check()).containsExactly(SQL_FILE + ": starts with no header comment");
    }

    @Test
    void wantsParametersExplainedInTheHeader() throws IOException {
        write(SQL_FILE, "-- Stores.\nselect :#batch\n");
        assertThat(check()).containsExactly(SQL_FILE + ": the header does not explain :#batch");
    }

    @ParameterizedTest
    @ValueSource(strings = {"#", "?", ":?batch"})
    void wantsNamedParameters(String parameter) throws IOException {
        write(SQL_FILE, "-- Stores. In: what?\nselect " + parameter + "\n");
        assertThat(check()).containsExactly(SQL_FILE + ": has a parameter that is not named as :#name");
    }

    @Test
    void wantsNoExpressionsInSql() throws IOException {
        write(SQL_FILE, SQL + "-- ${body}\n");
        assertThat(check()).containsExactly(SQL_FILE + ": holds ${");
    }

    @Test
    void wantsMigrationsToHaveAHeaderThoughNoRouteUsesThem() throws IOException {
        write("sql/postgresql/migration/V1.sql", "-- Lays it.\nselect 1");
        write("sql/postgresql/migration/V2.sql", "select 1");
        assertThat(check()).containsExactly("sql/postgresql/migration/V2.sql: starts with no header comment");
    }

    @Test
    void wantsBeansToBeBound() throws IOException {
        replace("ref: work", "ref: toil");
        assertThat(check())
                .containsExactlyInAnyOrder(
                        ROUTE_FILE + ": bean toil is bound in no wiring and no route file",
                        STORE_BEANS + ": bean work is bound, but no route uses it");
    }

    @Test
    void wantsBeansOfParametersAndExpressionsToBeBound() throws IOException {
        replace("uri: direct:b\n- route", """
                uri: direct:b
                            parameters:
                              synchronous: "#flag"
                        - filter:
                            id: intake-a-filter
                            expression:
                              ref:
                                expression: wanted
                            steps:
                              - log:
                                  id: intake-a-log
                                  message: x
                - route""");
        assertThat(check())
                .containsExactlyInAnyOrder(
                        ROUTE_FILE + ": bean flag is bound in no wiring and no route file",
                        ROUTE_FILE + ": bean wanted is bound in no wiring and no route file");
    }

    @Test
    void wantsRoutes() throws IOException {
        Files.delete(folder.resolve(ROUTE_FILE));
        assertThat(RouteStyle.check(folder, Map.of())).contains("routes: holds no route file");
    }

    private static String route(String id, String uri) {
        return """
                - route:
                    id: ID
                    description: Does
                    group: failure
                    routeConfigurationId: failure
                    from:
                      id: ID-from
                      uri: URI
                      steps:
                        - log:
                            id: ID-log
                            message: x
                """.replace("ID", id).replace("URI", uri);
    }

    private List<String> check() {
        return RouteStyle.check(folder, UNBOUND);
    }

    private void replace(String old, String text) throws IOException {
        assertThat(ROUTES).contains(old);
        write(ROUTE_FILE, ROUTES.replaceFirst(Pattern.quote(old), Matcher.quoteReplacement(text)));
    }

    private void write(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
