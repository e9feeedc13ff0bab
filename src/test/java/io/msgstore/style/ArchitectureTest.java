/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.style;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

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
    private static final Path ALLOWED = Path.of("src/test/resources/package-cycle.txt");
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));
    private static final PackageDependencies PACKAGES = PackageDependencies.of(CLASSES, Path.of("src/main/java"));

    /** The cycle that there is may shrink: what is gone is to be taken off the list, so that it does not come back. */
    @Test
    void theCycleOfPackagesDoesNotGrow() throws IOException {
        Map<String, Integer> allowed = allowed();
        List<String> faults = new ArrayList<>();
        Map<String, Set<String>> cycles = PACKAGES.inCycles();
        cycles.forEach((dependency, references) -> {
            int limit = allowed.getOrDefault(dependency, 0);
            if (references.size() > limit) {
                faults.add(dependency + " is part of a cycle and has " + references.size() + " references of " + limit
                        + " allowed ones: " + String.join(", ", references));
            }
        });
        allowed.forEach((dependency, limit) -> {
            int found = cycles.getOrDefault(dependency, Set.of()).size();
            if (found < limit) {
                faults.add(dependency + " has " + found + " references in a cycle: write that into " + ALLOWED
                        + " in place of " + limit);
            }
        });
        assertThat(faults).isEmpty();
    }

    private static Map<String, Integer> allowed() throws IOException {
        Map<String, Integer> allowed = new TreeMap<>();
        for (String line : Files.readAllLines(ALLOWED)) {
            if (!line.startsWith("#")) {
                allowed.put(line.replaceFirst(": .*", ""), Integer.parseInt(line.replaceFirst(".*: ", "")));
            }
        }
        return allowed;
    }

    @Test
    void nothingDependsOnTheRootPackage() {
        assertThat(PACKAGES.to(PackageDependencies.ROOT)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"config", "contract", "demo", "direct", "embedded", "flow", "tracing"})
    void aLeafDependsOnNoOtherPackage(String leaf) {
        assertThat(PACKAGES.of(leaf)).isEmpty();
    }

    /** The root package puts the parts together, so it may know all libraries. */
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
                        List.of(("io.msgstore io.msgstore." + packages.replace(" ", " io.msgstore.")).split(" "))
                                .toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(CLASSES);
    }
}
