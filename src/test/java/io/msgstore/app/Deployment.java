/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;

import io.msgstore.platform.config.BadConfiguration;
import io.msgstore.platform.config.Settings;
import io.msgstore.support.StoreModule;

import static org.assertj.core.api.Assertions.assertThat;

/** What the tests of {@code deploy/} ask about the rest of the project. */
final class Deployment {
    static final Path FOLDER = Path.of("deploy");
    static final String LIVENESS = "/observe/health/live";
    static final String METRICS = "/observe/metrics";
    static final int HTTP_PORT = 8080;

    /** Where the image has the jar, and what it keeps. */
    static final String JAR = "/app/classpath/msgstore.jar";

    static final String DATA = "/var/lib/msgstore";
    static final String WORKING_DIRECTORY = "/msgstore";

    /** In place of a password that a user puts in. */
    static final String PASSWORD = "0123456789abcdef0123456789abcdef";

    private static final Pattern USER = Pattern.compile("<user>(\\d+):(\\d+)</user>");
    private static final Pattern VARIABLE = Pattern.compile("(?m)^(\\w+)=(.*)$");

    private Deployment() {}

    /** The user id of the image; a number, so that Kubernetes can see that it is not root's. */
    static int imageUser() {
        MatchResult user =
                USER.matcher(read(Path.of("pom.xml"))).results().findFirst().orElseThrow();
        assertThat(user.group(1)).isEqualTo(user.group(2)).isNotEqualTo("0");
        return Integer.parseInt(user.group(1));
    }

    /** The variables of a file of the form {@code NAME=value}. */
    static Map<String, String> variables(Path file) {
        Map<String, String> variables = new TreeMap<>();
        VARIABLE.matcher(read(file)).results().forEach(line -> variables.put(line.group(1), line.group(2)));
        return variables;
    }

    /**
     * Loads the settings as msgstore would with this file and these variables: every one of them sets something, and no value
     * is wrong.
     *
     * @param file null for none
     */
    static Settings settings(Path file, Map<String, String> environment) {
        try {
            Settings settings = StoreModule.settings(
                    file == null ? null : file.toAbsolutePath(), FOLDER, new Properties(), environment);
            assertThat(settings.warnings()).isEmpty();
            return settings;
        } catch (BadConfiguration e) {
            throw new AssertionError(String.join("\n", e.mistakes()), e);
        }
    }

    /** The time that whatever ends msgstore by force has to leave it. */
    static Duration stopTimeout() {
        return settings(null, Map.of()).duration("msgstore.stop-timeout");
    }

    /** Checks a command line that starts msgstore, and returns its command. */
    static Command command(List<String> arguments) {
        return Options.parse(arguments.toArray(String[]::new)).command();
    }

    /** What comes after the jar in a command line, which must be that of the image. */
    static List<String> afterTheJar(List<String> line) {
        int jar = line.indexOf("-jar");
        assertThat(line.get(0)).isEqualTo("java");
        assertThat(line.get(jar + 1)).isEqualTo(JAR);
        return line.subList(jar + 2, line.size());
    }

    /** The files of a folder of the project, without those of the demo. */
    static Set<String> files(String folder) {
        try (Stream<Path> all = Files.walk(Path.of(folder))) {
            return Set.copyOf(all.filter(Files::isRegularFile)
                    .map(Path::toString)
                    .filter(name -> !name.startsWith("routes/demo"))
                    .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a JSON schema in {@code src/test/resources/deploy} has against a document. */
    static Set<ValidationMessage> faults(String schema, JsonNode document) {
        try (InputStream file = Deployment.class.getResourceAsStream("/deploy/" + schema)) {
            return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                    .getSchema(file)
                    .validate(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The values of a JSON array of strings. */
    static List<String> texts(Iterable<JsonNode> array) {
        List<String> texts = new ArrayList<>();
        array.forEach(node -> texts.add(node.asText()));
        return texts;
    }
}
