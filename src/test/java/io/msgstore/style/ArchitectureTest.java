/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.style;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/** Which package may know which. */
class ArchitectureTest {
    /** What stages share. */
    private static final Set<String> SHARED = Set.of(
            "accounting",
            "api",
            "config",
            "console",
            "contract",
            "database",
            "dev",
            "direct",
            "embedded",
            "flow",
            "health",
            "http",
            "log",
            "metrics",
            "module",
            "seda",
            "tracing",
            "vitals");

    /** They put the parts together, so they may know all of them, and all libraries. */
    private static final Set<String> TOGETHER = Set.of("app", "devices");

    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));
    private static final PackageDependencies PACKAGES = PackageDependencies.of(CLASSES, Path.of("src/main/java"));

    @Test
    void packagesDoNotDependOnEachOtherInACircle() {
        assertThat(PACKAGES.inCycles())
                .as("dependencies in a cycle, and the references that they consist of")
                .isEmpty();
    }

    @Test
    void nothingDependsOnTheRootPackage() {
        assertThat(PACKAGES.to(PackageDependencies.ROOT)).isEmpty();
    }

    @Test
    void theRootPackageIsTheMainClassAlone() {
        assertThat(PACKAGES.from(PackageDependencies.ROOT)).containsOnlyKeys("app");
        assertThat(PACKAGES.to("app")).containsOnlyKeys(PackageDependencies.ROOT);
    }

    @Test
    void onlyTheApplicationKnowsAModule() {
        assertThat(PACKAGES.to("devices")).containsOnlyKeys("app");
    }

    @ParameterizedTest
    @ValueSource(strings = {"accounting", "config", "contract", "demo", "direct", "embedded", "flow", "tracing"})
    void aLeafDependsOnNoOtherPackageThanTheNamesThatAllAgreeOn(String leaf) {
        assertThat(PACKAGES.from(leaf).keySet()).isSubsetOf(leaf.equals("contract") ? "" : "contract");
    }

    @Test
    void whatStagesShareDependsOnNoStage() {
        for (String shared : SHARED) {
            assertThat(PACKAGES.from(shared)).as(shared).allSatisfy((name, references) -> assertThat(SHARED)
                    .as(references.toString())
                    .contains(name));
        }
    }

    /** They look on: messages are stored without them. */
    @ParameterizedTest
    @ValueSource(strings = {"canary", "console", "demo", "dev", "metrics", "status"})
    void onlyWhatPutsThePartsTogetherDependsOn(String name) {
        Map<String, Set<String>> users = PACKAGES.to(name);
        users.keySet().removeAll(TOGETHER);
        assertThat(users).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "com.zaxxer.., database",
        "net.thisptr.., mapping",
        "org.apache.activemq.., embedded",
        "org.apache.kafka.., queue.kafka",
        "org.eclipse.paho.., intake canary",
        "org.flywaydb.., database",
        "org.jolokia.., console",
        "org.springframework.., database",
        "redis.clients.., queue.redis",
    })
    void aLibraryIsKnownToThePackagesThatWrapIt(String library, String packages) {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        ("io.msgstore.app io.msgstore.devices io.msgstore." + packages.replace(" ", " io.msgstore."))
                                .split(" "))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(CLASSES);
    }
}
