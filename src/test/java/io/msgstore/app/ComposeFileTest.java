/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

import io.msgstore.support.Manifests;

import static org.assertj.core.api.Assertions.assertThat;

/** The compose file is valid, its parts fit together, and nothing in it is open to the network or has a password in it. */
class ComposeFileTest {
    private static final JsonNode COMPOSE =
            Manifests.read(Deployment.FOLDER.resolve("compose.yaml")).get(0);
    private static final JsonNode SERVICES = COMPOSE.path("services");
    private static final JsonNode MSGSTORE = SERVICES.path("msgstore");
    private static final Pattern SUBSTITUTED = Pattern.compile("\\$\\{(\\w+)([^}]*)}");
    private static final Pattern SECRET_FILE = Pattern.compile("/run/secrets/([\\w-]+)");

    @Test
    void itIsValid() {
        assertThat(Deployment.faults("compose.schema.json", COMPOSE)).isEmpty();
    }

    @Test
    void everySecretIsDeclaredUsedAndAskedForInTheExample() {
        Set<String> asked =
                Deployment.variables(Deployment.FOLDER.resolve("env.example")).keySet();
        Set<String> used = new TreeSet<>();
        SERVICES.properties().forEach(service -> {
            List<String> secrets = Deployment.texts(service.getValue().path("secrets"));
            used.addAll(secrets);
            String files = service.getKey().equals("postgres")
                    ? Deployment.read(Deployment.FOLDER.resolve("postgres/10-msgstore.sh"))
                    : service.getKey().equals("prometheus")
                            ? Deployment.read(Deployment.FOLDER.resolve("prometheus/prometheus.yml"))
                            : "";
            assertThat(found(SECRET_FILE, service.getValue() + files))
                    .as("secrets of " + service.getKey())
                    .isEqualTo(new TreeSet<>(secrets));
        });
        assertThat(used).isEqualTo(names(COMPOSE.path("secrets")));
        Set<String> variables = found(SUBSTITUTED, COMPOSE.toString());
        COMPOSE.path("secrets")
                .forEach(secret -> variables.add(secret.path("environment").asText()));
        variables.remove("MSGSTORE_VERSION");
        assertThat(asked).isEqualTo(variables);
        assertThat(Deployment.variables(Deployment.FOLDER.resolve("env.example"))
                        .values())
                .containsOnly("");
        assertThat(Deployment.read(Path.of(".gitignore"))).contains("/deploy/.env");
    }

    @Test
    void whatIsMountedExists() {
        Set<String> named = new TreeSet<>();
        for (JsonNode service : SERVICES) {
            for (String volume : Deployment.texts(service.path("volumes"))) {
                String source = volume.split(":")[0];
                if (source.startsWith("./")) {
                    assertThat(Files.isDirectory(Deployment.FOLDER.resolve(source)))
                            .as(source)
                            .isTrue();
                    assertThat(volume).endsWith(":ro");
                } else {
                    named.add(source);
                }
            }
        }
        assertThat(named).isEqualTo(names(COMPOSE.path("volumes")));
    }

    @Test
    void servicesWaitForServicesThatAreThere() {
        SERVICES.forEach(service -> assertThat(names(SERVICES)).containsAll(names(service.path("depends_on"))));
    }

    @Test
    void msgstoreIsConfiguredRightAndReachesTheOthers() {
        Map<String, String> environment = new HashMap<>();
        MSGSTORE.path("environment")
                .properties()
                .forEach(entry -> environment.put(
                        entry.getKey(), entry.getValue().asText().replaceAll("\\$\\{.*}", Deployment.PASSWORD)));
        var settings = Deployment.settings(null, environment);
        assertThat(URI.create(settings.text("msgstore.mqtt.url")).getHost()).isIn(names(SERVICES));
        assertThat(URI.create(settings.text("msgstore.dsn").substring("jdbc:".length()))
                        .getHost())
                .isIn(names(SERVICES));
        assertThat(MSGSTORE.path("image").asText()).startsWith("msgstore:");
        assertThat(Deployment.texts(MSGSTORE.path("volumes"))).contains("msgstore:" + Deployment.DATA);
        assertThat(Deployment.texts(MSGSTORE.path("ports")).get(0)).endsWith(":" + Deployment.HTTP_PORT);
        List<String> check = Deployment.texts(MSGSTORE.at("/healthcheck/test"));
        assertThat(Deployment.command(Deployment.afterTheJar(check.subList(1, check.size()))))
                .isEqualTo(Command.HEALTH);
        assertThat(Duration.parse("PT" + MSGSTORE.path("stop_grace_period").asText()))
                .isGreaterThanOrEqualTo(Deployment.stopTimeout().plusSeconds(10));
    }

    @Test
    void prometheusScrapesMsgstoreWithItsPasswordAndReadsTheRules() {
        Path folder = Deployment.FOLDER.resolve("prometheus");
        JsonNode prometheus = Manifests.read(folder.resolve("prometheus.yml")).get(0);
        JsonNode job = prometheus.at("/scrape_configs/0");
        assertThat(job.path("job_name").asText()).isEqualTo("msgstore");
        assertThat(job.path("metrics_path").asText()).isEqualTo(Deployment.METRICS);
        assertThat(job.at("/static_configs/0/targets/0").asText()).isEqualTo("msgstore:" + Deployment.HTTP_PORT);
        assertThat(job.at("/basic_auth/username")).isEqualTo(MSGSTORE.at("/environment/MSGSTORE_HTTP_USERNAME"));
        assertThat(COMPOSE.at("/secrets/msgstore-http-password/environment").asText())
                .isEqualTo("MSGSTORE_HTTP_PASSWORD");
        for (String rules : Deployment.texts(prometheus.path("rule_files"))) {
            assertThat(folder.resolve(rules)).isRegularFile();
        }
    }

    @Test
    void grafanaFindsPrometheusAndTheDashboard() throws IOException {
        Path folder = Deployment.FOLDER.resolve("grafana");
        JsonNode source = Manifests.read(folder.resolve("provisioning/datasources/prometheus.yaml"))
                .get(0)
                .at("/datasources/0");
        assertThat(URI.create(source.path("url").asText()).getHost()).isEqualTo("prometheus");
        assertThat(source.at("/jsonData/timeInterval"))
                .isEqualTo(Manifests.read(Deployment.FOLDER.resolve("prometheus/prometheus.yml"))
                        .get(0)
                        .at("/global/scrape_interval"));
        String path = Manifests.read(folder.resolve("provisioning/dashboards/msgstore.yaml"))
                .get(0)
                .at("/providers/0/options/path")
                .asText();
        assertThat(Deployment.texts(SERVICES.at("/grafana/volumes"))).contains("./grafana/dashboards:" + path + ":ro");

        JsonNode dashboard = new ObjectMapper()
                .readTree(folder.resolve("dashboards/msgstore.json").toFile());
        assertThat(dashboard.path("uid").asText()).isEqualTo("msgstore");
        assertThat(dashboard.path("panels")).isNotEmpty().allSatisfy(panel -> {
            assertThat(panel.path("title").asText()).isNotBlank();
            assertThat(panel.at("/gridPos/x").asInt() + panel.at("/gridPos/w").asInt())
                    .isBetween(1, 24);
            if (!panel.path("type").asText().equals("row")) {
                assertThat(panel.path("description").asText()).isNotBlank();
                assertThat(panel.path("targets")).isNotEmpty();
                assertThat(panel.at("/fieldConfig/defaults/unit").asText()).isNotBlank();
            }
        });
        assertThat(dashboard.path("panels").findValuesAsText("id")).doesNotHaveDuplicates();
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult result) -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
