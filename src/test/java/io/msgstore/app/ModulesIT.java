/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import io.msgstore.support.Folders;
import io.msgstore.support.Limits;
import io.msgstore.support.MsgstoreProcess;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;

/** Modules that come from elsewhere: that of docs/modules.md, copied and built as it says, and one that has tables. */
class ModulesIT {
    private static final Path HELLO = Path.of("docs/modules/hello").toAbsolutePath();
    private static final Path VISITS =
            Path.of("src/test/resources/modules/visits").toAbsolutePath();

    @RegisterExtension
    static final Servers SERVERS = new Servers();

    @TempDir
    private Path built;

    @Test
    void theSmallestModuleRunsAloneWithoutServersAndFolders() throws IOException {
        try (MsgstoreProcess msgstore = MsgstoreProcess.in(SERVERS.folder())
                .module(build(HELLO))
                .set("msgstore.modules", "hello")
                .startAndAwaitReady()) {
            assertThat(msgstore.get("/api/v1/hello?name=Ada").body()).isEqualTo("Hello, Ada!");
            assertThat(msgstore.metric("msgstore_hello_greetings_total")).isEqualTo(1);
            assertThat(msgstore.get("/").statusCode()).isEqualTo(200);
            assertThat(msgstore.get("/api/v1/status").statusCode()).isEqualTo(404);
            assertThat(msgstore.get("/api/v1/errors").body()).isEqualTo("{\"items\":[]}");
            assertThat(msgstore.get("/observe/health").body()).doesNotContain("mqtt", "database", "queue");
            assertThat(msgstore.terminate()).isZero();
            assertThat(msgstore.output())
                    .contains("4 routes: api 4", "Ready: modules hello")
                    .doesNotContain("Starting PostgreSQL", "Starting the MQTT broker", "WARN", "ERROR");
        }
        try (Stream<Path> left = Files.list(SERVERS.folder())) {
            assertThat(left).allMatch(file -> file.getFileName().toString().startsWith("output-"));
        }
    }

    @Test
    void itsSettingIsOneAsAnyOther() throws IOException {
        Path module = build(HELLO);
        try (MsgstoreProcess msgstore = MsgstoreProcess.in(SERVERS.folder())
                .module(module)
                .set("msgstore.modules", "hello")
                .environment("MSGSTORE_HELLO_GREETING", "Servus")
                .startAndAwaitReady()) {
            assertThat(msgstore.get("/api/v1/hello?name=Ada").body()).isEqualTo("Servus, Ada!");
        }
        try (MsgstoreProcess msgstore = MsgstoreProcess.in(SERVERS.folder())
                .module(module)
                .set("msgstore.modules", "hello,stroe")
                .set("msgstore.hello.greeting", " ")
                .set("msgstore.hello.greetings", "2")
                .start()) {
            assertThat(msgstore.awaitExit()).isEqualTo(1);
            assertThat(msgstore.output())
                    .contains(
                            "msgstore.hello.greetings (-Dmsgstore.hello.greetings): there is no such setting; did you mean"
                                    + " msgstore.hello.greeting?",
                            "msgstore.modules=hello,stroe (-Dmsgstore.modules): must be one or more of store, hello,"
                                    + " comma-separated (\"stroe\" is none)",
                            "msgstore.hello.greeting=(empty) (-Dmsgstore.hello.greeting): must be a word to greet with");
        }
    }

    @Test
    void aModuleThatIsOffIsNotThere() throws IOException {
        try (MsgstoreProcess msgstore = SERVERS.msgstore().module(build(VISITS)).startAndAwaitReady()) {
            assertThat(msgstore.get("/api/v1/visits").statusCode()).isEqualTo(404);
            assertThat(msgstore.get("/").body()).contains("store/page.js").doesNotContain("visits");
            assertThat(tables()).contains("gps_position_last").doesNotContain("visits");
        }
    }

    @Test
    void besideTheStoreItHasTablesAHistoryASectionAndADescriptionOfItsOwn() throws IOException {
        Path module = build(VISITS);
        MsgstoreProcess.Builder builder = SERVERS.msgstore().module(module).set("msgstore.modules", "store,visits");
        try (MsgstoreProcess msgstore = builder.arguments("--check").start()) {
            assertThat(msgstore.awaitExit()).as(msgstore.output()).isZero();
            assertThat(msgstore.output()).contains("the start brings its tables to version visits 1.0.0");
        }
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .module(module)
                .set("msgstore.modules", "store,visits")
                .startAndAwaitReady()) {
            HttpResponse<String> noted = msgstore.get("/api/v1/visits?name=Ada");
            assertThat(noted.body()).isEqualTo("noted");
            assertThat(SERVERS.postgres().query("select count(*) from visits where name = 'Ada'"))
                    .isEqualTo(1);
            assertThat(tables()).contains("msgstore_schema_history", "msgstore_visits_schema_history");
            assertThat(msgstore.get("/").body())
                    .contains("<section id=\"visits\">", "\"visits/page.js\"", "\"store/page.js\"");
            assertThat(msgstore.get("/visits/page.js").statusCode()).isEqualTo(200);
            assertThat(msgstore.get("/api/v1/visits/openapi.json").body()).contains("\"visits\"");
            assertThat(msgstore.get("/api/v1/status").statusCode()).isEqualTo(200);
        }
        // its routes and SQL are those of the working directory, where they are there
        Path routes = Files.createDirectories(SERVERS.folder().resolve("routes/visits"));
        Files.writeString(
                routes.resolve("visits.camel.yaml"),
                Files.readString(VISITS.resolve("routes/visits/visits.camel.yaml"))
                        .replace("noted", "as I say"));
        try (MsgstoreProcess msgstore = MsgstoreProcess.in(SERVERS.folder())
                .module(module)
                .set("msgstore.modules", "visits")
                .set("msgstore.dsn", SERVERS.postgres().jdbcUrl())
                .startAndAwaitReady()) {
            assertThat(msgstore.get("/api/v1/visits?name=Ada").body()).isEqualTo("as I say");
            assertThat(msgstore.get("/observe/health").body())
                    .contains("\"database\"")
                    .doesNotContain("mqtt");
            HttpResponse<String> failed = msgstore.get("/api/v1/visits");
            assertThat(failed.statusCode()).isEqualTo(400);
            assertThat(failed.headers().firstValue("Content-Type")).hasValue("application/problem+json");
            assertThat(failed.body()).doesNotContain("insert into", "at io.msgstore", "Exception");
        }
    }

    @Test
    void editsAreTakenUpBesideAModuleWhoseRoutesAreNotInTheFolder() throws IOException {
        Folders.copyOfProject("routes", SERVERS.folder());
        Folders.copyOfProject("sql", SERVERS.folder());
        try (MsgstoreProcess msgstore = SERVERS.msgstore()
                .module(build(HELLO))
                .set("msgstore.modules", "store,hello")
                .arguments("--dev")
                .startAndAwaitReady()) {
            msgstore.awaitLine("what is saved takes effect at once", Limits.LIMIT);
            Path api = SERVERS.folder().resolve("routes/platform/api.camel.yaml");
            Files.writeString(
                    api,
                    Files.readString(api).replace("platform-http:/api/v1/errors", "platform-http:/api/v1/warnings"));
            msgstore.awaitLine("Taken up: routes/platform/api.camel.yaml", Limits.LIMIT);
            assertThat(msgstore.get("/api/v1/warnings").statusCode()).isEqualTo(200);
            assertThat(msgstore.get("/api/v1/hello?name=Ada").body()).isEqualTo("Hello, Ada!");
        }
    }

    private static List<String> tables() {
        return SERVERS.postgres().rows("select tablename as name from pg_tables where schemaname = 'public'").stream()
                .map((Map<String, Object> row) -> row.get("name").toString())
                .toList();
    }

    /** Copies a module, and compiles it with nothing but the jar, as docs/modules.md does. */
    private Path build(Path module) throws IOException {
        Path copy = built.resolve(module.getFileName().toString());
        try (Stream<Path> files = Files.walk(module)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(module.relativize(file).toString()));
            }
        }
        String name = module.getFileName().toString();
        Path source =
                copy.resolve(name).resolve(name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1) + ".java");
        int code = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-cp", MsgstoreProcess.jar().toString(), source.toString());
        assertThat(code).isZero();
        return copy;
    }
}
