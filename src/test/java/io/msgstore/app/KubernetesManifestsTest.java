/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.ValidationMessage;
import io.kubernetes.client.openapi.models.V1Namespace;
import io.kubernetes.client.openapi.models.V1NetworkPolicy;
import io.kubernetes.client.openapi.models.V1PodDisruptionBudget;
import io.kubernetes.client.openapi.models.V1Service;
import io.kubernetes.client.openapi.models.V1StatefulSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.msgstore.support.Manifests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The manifests are valid, fit together, and fit msgstore: alone, and with each component. */
class KubernetesManifestsTest {
    private static final Path FOLDER = Deployment.FOLDER.resolve("kubernetes");
    private static final Map<String, Schema> SCHEMAS = Map.of(
            "Namespace", V1Namespace::fromJson,
            "Service", V1Service::fromJson,
            "StatefulSet", V1StatefulSet::fromJson,
            "PodDisruptionBudget", V1PodDisruptionBudget::fromJson,
            "NetworkPolicy", V1NetworkPolicy::fromJson,
            // of the Prometheus operator: Kubernetes does not know it
            "ServiceMonitor", KubernetesManifestsTest::serviceMonitor);

    /** Refuses fields that are not known, and values of the wrong kind. */
    private interface Schema {
        Object parse(String json) throws IOException;
    }

    private static JsonNode serviceMonitor(String json) throws IOException {
        JsonNode manifest = new ObjectMapper().readTree(json);
        Set<ValidationMessage> faults = Deployment.faults("servicemonitor.schema.json", manifest);
        if (!faults.isEmpty()) {
            throw new IllegalArgumentException(faults.toString());
        }
        return manifest;
    }

    @Test
    void everyManifestIsValid() throws IOException {
        List<String> resources = Deployment.texts(kustomization("").path("resources"));
        assertThat(resources).hasSize(6);
        for (String resource : resources) {
            parse(manifest(resource));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "statefulset.yaml, ''",
        "statefulset.yaml, /spec",
        "statefulset.yaml, /spec/template/spec",
        "statefulset.yaml, /spec/template/spec/containers/0",
        "statefulset.yaml, /spec/template/spec/containers/0/readinessProbe",
        "servicemonitor.yaml, ''",
        "servicemonitor.yaml, /spec",
        "servicemonitor.yaml, /spec/endpoints/0",
        "servicemonitor.yaml, /spec/endpoints/0/basicAuth/password"
    })
    void aFieldThatIsNotKnownIsRefused(String file, String where) {
        ObjectNode manifest = manifest(file);
        ((ObjectNode) manifest.at(where)).put("replica", "2");
        assertThatThrownBy(() -> parse(manifest)).hasMessageContaining("replica");
    }

    @Test
    void aValueOfTheWrongKindIsRefused() {
        ObjectNode workload = manifest("statefulset.yaml");
        ((ObjectNode) workload.at("/spec")).put("replicas", "two");
        assertThatThrownBy(() -> parse(workload)).hasMessageContaining("two");
        ObjectNode monitor = manifest("servicemonitor.yaml");
        ((ObjectNode) monitor.at("/spec/endpoints/0")).put("interval", "15 s");
        assertThatThrownBy(() -> parse(monitor)).hasMessageContaining("interval");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "check-first", "own-routes", "check-first own-routes"})
    void theWorkloadIsValidWithItsComponents(String components) throws IOException {
        ObjectNode workload = workload(components);
        V1StatefulSet.fromJson(workload.toString());
        JsonNode pod = workload.at("/spec/template/spec");
        Map<String, Set<String>> configMaps = configMaps(components);

        Set<String> volumes = new TreeSet<>();
        workload.at("/spec/volumeClaimTemplates")
                .forEach(claim -> volumes.add(claim.at("/metadata/name").asText()));
        for (JsonNode volume : pod.path("volumes")) {
            volumes.add(volume.path("name").asText());
            if (volume.has("configMap")) {
                Set<String> keys = configMaps.get(volume.at("/configMap/name").asText());
                assertThat(keys).as(volume.toString()).isNotNull();
                volume.at("/configMap/items").forEach(item -> assertThat(keys)
                        .contains(item.path("key").asText()));
            }
        }
        for (JsonNode container : containers(pod)) {
            assertThat(container.path("volumeMounts")).allSatisfy(mount -> assertThat(volumes)
                    .contains(mount.path("name").asText()));
            assertThat(container.at("/envFrom/0/secretRef/name").asText()).isEqualTo("msgstore-secrets");
            Command command = Deployment.command(Deployment.texts(container.path("args")));
            assertThat(command)
                    .isEqualTo(container.path("name").asText().equals("check") ? Command.CHECK : Command.RUN);
            assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean())
                    .isTrue();
            assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean(true))
                    .isFalse();
            assertThat(Deployment.texts(container.at("/securityContext/capabilities/drop")))
                    .containsExactly("ALL");
            assertThat(container.at("/resources/limits/memory").asText()).isNotEmpty();
        }
        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/runAsUser").asInt()).isEqualTo(Deployment.imageUser());
    }

    @Test
    void theProbesAskForWhatThereIs() {
        JsonNode container = workload("").at("/spec/template/spec/containers/0");
        for (String probe : List.of("startupProbe", "livenessProbe")) {
            assertThat(container.at("/" + probe + "/httpGet/path").asText()).isEqualTo(Deployment.LIVENESS);
            assertThat(container.at("/" + probe + "/httpGet/port").asText())
                    .isEqualTo(container.at("/ports/0/name").asText());
        }
        List<String> readiness = Deployment.afterTheJar(Deployment.texts(container.at("/readinessProbe/exec/command")));
        assertThat(Deployment.command(readiness)).isEqualTo(Command.HEALTH);
        // with the settings that the container has
        assertThat(readiness).containsAll(Deployment.texts(container.path("args")));
        assertThat(workload("")
                        .at("/spec/template/spec/terminationGracePeriodSeconds")
                        .asLong())
                .isGreaterThanOrEqualTo(Deployment.stopTimeout().toSeconds() + 10);
    }

    @Test
    void theConfigurationIsRightAndMeantForSeveralPods() {
        Map<String, String> environment = new HashMap<>(Deployment.variables(FOLDER.resolve("secret.env.example")));
        environment.forEach(
                (name, value) -> assertThat(value.isEmpty()).as(name).isEqualTo(name.endsWith("_PASSWORD")));
        environment.replaceAll((name, value) -> value.isEmpty() ? Deployment.PASSWORD : value);
        workload("")
                .at("/spec/template/spec/containers/0/env")
                .forEach(variable -> environment.put(variable.path("name").asText(), "msgstore-0"));
        var settings = Deployment.settings(FOLDER.resolve("application.properties"), environment);
        assertThat(settings.text("msgstore.mqtt.client-id")).isEqualTo("msgstore-0");
        assertThat(settings.optional("msgstore.mqtt.share-group")).isPresent();
        assertThat(settings.number("msgstore.http.port"))
                .isEqualTo(Deployment.HTTP_PORT)
                .isEqualTo(workload("")
                        .at("/spec/template/spec/containers/0/ports/0/containerPort")
                        .asInt());
    }

    @Test
    void everythingSelectsThePods() {
        JsonNode labels = workload("").at("/spec/template/metadata/labels");
        assertThat(labels).isNotEmpty();
        assertThat(workload("").at("/spec/selector/matchLabels")).isEqualTo(labels);
        assertThat(manifest("service.yaml").at("/spec/selector")).isEqualTo(labels);
        assertThat(manifest("poddisruptionbudget.yaml").at("/spec/selector/matchLabels"))
                .isEqualTo(labels);
        assertThat(manifest("networkpolicy.yaml").at("/spec/podSelector/matchLabels"))
                .isEqualTo(labels);
        assertThat(manifest("servicemonitor.yaml").at("/spec/selector/matchLabels"))
                .isEqualTo(manifest("service.yaml").at("/metadata/labels"));
        assertThat(workload("").at("/spec/serviceName"))
                .isEqualTo(manifest("service.yaml").at("/metadata/name"));
    }

    @Test
    void prometheusFindsTheMetricsAndHasTheCredentials() {
        JsonNode endpoint = manifest("servicemonitor.yaml").at("/spec/endpoints/0");
        assertThat(endpoint.path("path").asText()).isEqualTo(Deployment.METRICS);
        assertThat(endpoint.path("port")).isEqualTo(manifest("service.yaml").at("/spec/ports/0/name"));
        Set<String> secrets =
                Deployment.variables(FOLDER.resolve("secret.env.example")).keySet();
        for (String part : List.of("username", "password")) {
            assertThat(secrets)
                    .contains(endpoint.at("/basicAuth/" + part + "/key").asText());
            assertThat(endpoint.at("/basicAuth/" + part + "/name").asText()).isEqualTo("msgstore-secrets");
        }
        // the job that alerts and dashboard look for
        String label = manifest("servicemonitor.yaml").at("/spec/jobLabel").asText();
        assertThat(manifest("service.yaml")
                        .path("metadata")
                        .path("labels")
                        .path(label)
                        .asText())
                .isEqualTo("msgstore");
        assertThat(manifest("networkpolicy.yaml").at("/spec/ingress/0/ports/0/port"))
                .isEqualTo(manifest("service.yaml").at("/spec/ports/0/targetPort"));
    }

    @Test
    void routesAndSqlOfOnesOwnAreAllOfThem() {
        Map<String, String> mounts = new TreeMap<>();
        JsonNode pod = workload("own-routes").at("/spec/template/spec");
        pod.at("/containers/0/volumeMounts")
                .forEach(mount -> mounts.put(
                        mount.path("name").asText(), mount.path("mountPath").asText()));
        for (String folder : List.of("routes", "sql")) {
            assertThat(mounts).containsEntry(folder, Deployment.WORKING_DIRECTORY + "/" + folder);
            Set<String> mounted = new TreeSet<>();
            for (JsonNode volume : pod.path("volumes")) {
                if (volume.path("name").asText().equals(folder)) {
                    Map<String, String> sources = generated("own-routes").get("msgstore-" + folder);
                    volume.at("/configMap/items").forEach(item -> {
                        String path = folder + "/" + item.path("path").asText();
                        assertThat(sources.get(item.path("key").asText())).isEqualTo(path);
                        mounted.add(path);
                    });
                }
            }
            assertThat(mounted).isEqualTo(Deployment.files(folder));
        }
    }

    private static void parse(JsonNode manifest) throws IOException {
        SCHEMAS.get(manifest.path("kind").asText()).parse(manifest.toString());
    }

    private static ObjectNode workload(String components) {
        ObjectNode workload = manifest("statefulset.yaml");
        Stream.of(components.split(" "))
                .filter(component -> !component.isEmpty())
                .forEach(component -> merge(workload, manifest(component + "/statefulset.yaml")));
        return workload;
    }

    private static List<JsonNode> containers(JsonNode pod) {
        List<JsonNode> containers = new ArrayList<>();
        pod.path("containers").forEach(containers::add);
        pod.path("initContainers").forEach(containers::add);
        return containers;
    }

    /** The ConfigMaps and what is in them, of the kustomization and its components. */
    private static Map<String, Set<String>> configMaps(String components) {
        Map<String, Set<String>> maps = new LinkedHashMap<>();
        Stream.concat(Stream.of(""), Stream.of(components.split(" ")))
                .forEach(component -> generated(component).forEach((name, files) -> maps.put(name, files.keySet())));
        return maps;
    }

    // file entries are "name" or "key=path"; the values are paths from the project's folder
    private static Map<String, Map<String, String>> generated(String component) {
        Map<String, Map<String, String>> maps = new LinkedHashMap<>();
        for (JsonNode generator : kustomization(component).path("configMapGenerator")) {
            Map<String, String> files = new LinkedHashMap<>();
            for (String entry : Deployment.texts(generator.path("files"))) {
                String[] parts = entry.split("=", 2);
                Path file = FOLDER.resolve(component)
                        .resolve(parts[parts.length - 1])
                        .normalize();
                assertThat(Files.isRegularFile(file)).as(file.toString()).isTrue();
                files.put(parts[0], file.toString());
            }
            maps.put(generator.path("name").asText(), files);
        }
        return maps;
    }

    private static JsonNode kustomization(String component) {
        return manifest(component.isEmpty() ? "kustomization.yaml" : component + "/kustomization.yaml");
    }

    private static ObjectNode manifest(String file) {
        List<JsonNode> documents = Manifests.read(FOLDER.resolve(file));
        assertThat(documents).hasSize(1);
        return (ObjectNode) documents.get(0);
    }

    /** As kustomize merges: objects by key, lists of objects by their name. */
    private static void merge(ObjectNode base, JsonNode patch) {
        patch.properties().forEach(entry -> {
            JsonNode old = base.get(entry.getKey());
            if (old instanceof ObjectNode object && entry.getValue().isObject()) {
                merge(object, entry.getValue());
            } else if (old instanceof ArrayNode list && entry.getValue().isArray()) {
                entry.getValue().forEach(item -> mergeItem(list, item));
            } else {
                base.set(entry.getKey(), entry.getValue());
            }
        });
    }

    private static void mergeItem(ArrayNode list, JsonNode item) {
        for (JsonNode old : list) {
            if (old instanceof ObjectNode object && old.path("name").equals(item.path("name"))) {
                merge(object, item);
                return;
            }
        }
        list.add(item);
    }
}
