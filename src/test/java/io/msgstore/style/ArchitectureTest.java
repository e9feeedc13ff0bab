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

/** Which package may know which: the main class, {@code app}, modules, {@code platform}, from top to bottom. */
class ArchitectureTest {
    private static final String PLATFORM = "platform.";
    private static final String DEVICES = "devices";
    /** They put parts together, so they may know all of them, and all libraries. */
    private static final Set<String> TOGETHER = Set.of("app", DEVICES);

    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));
    private static final PackageDependencies PACKAGES = PackageDependencies.of(CLASSES, Path.of("src/main/java"));

    @Test
    void packagesDoNotDependOnEachOtherInACircle() {
        assertThat(PACKAGES.inCycles())
                .as("dependencies in a cycle, and the references that they consist of")
                .isEmpty();
    }

    @Test
    void theRootPackageIsTheMainClassAlone() {
        assertThat(PACKAGES.to(PackageDependencies.ROOT)).isEmpty();
        assertThat(PACKAGES.from(PackageDependencies.ROOT)).containsOnlyKeys("app");
        assertThat(PACKAGES.to("app")).containsOnlyKeys(PackageDependencies.ROOT);
    }

    @Test
    void everyPackageIsInThePlatformOrInAModuleOrPutsThemTogether() {
        assertThat(PACKAGES.names())
                .allMatch(name -> name.equals(PackageDependencies.ROOT)
                        || TOGETHER.contains(name)
                        || name.startsWith(PLATFORM)
                        || name.startsWith(DEVICES + "."));
    }

    @Test
    void thePlatformKnowsNoModule() {
        for (String name : PACKAGES.names()) {
            if (name.startsWith(PLATFORM)) {
                assertThat(PACKAGES.from(name)).as(name).allSatisfy((other, references) -> assertThat(other)
                        .as(references.toString())
                        .startsWith(PLATFORM));
            }
        }
    }

    @Test
    void aPartOfAModuleDoesNotKnowWhatPutsThePartsTogether() {
        assertThat(PACKAGES.to(DEVICES)).containsOnlyKeys("app");
    }

    @ParameterizedTest
    @ValueSource(strings = {"accounting", "config", "contract", "direct", "embedded", "flow", "tls", "tracing"})
    void aLeafDependsOnNoOtherPackageThanTheNamesThatAllAgreeOn(String leaf) {
        assertThat(PACKAGES.from(PLATFORM + leaf).keySet())
                .isSubsetOf(leaf.equals("contract") ? "" : PLATFORM + "contract");
    }

    /** They look on: messages are stored without them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "devices.canary",
                "devices.demo",
                "devices.status",
                "platform.console",
                "platform.dev",
                "platform.metrics"
            })
    void onlyWhatPutsThePartsTogetherDependsOn(String name) {
        Map<String, Set<String>> users = PACKAGES.to(name);
        users.keySet().removeAll(TOGETHER);
        assertThat(users).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "com.zaxxer.., platform.database",
        "net.thisptr.., devices.mapping",
        "org.apache.activemq.., platform.embedded",
        "org.apache.kafka.., devices.queue.kafka",
        "org.eclipse.paho.., devices.mqtt devices.canary",
        "org.flywaydb.., platform.database",
        "org.jolokia.., platform.console",
        "org.springframework.., platform.database",
        "redis.clients.., devices.queue.redis",
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
