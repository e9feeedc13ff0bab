/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.style;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Camel calls a bean's method by its name, and chooses among several by what it finds for their parameters. */
class BeanMethodsTest {
    @Test
    void aMethodThatTakesAnExchangeSharesItsNameWithNoOther() {
        for (JavaClass type : new ClassFileImporter().importPath(Path.of("target/classes"))) {
            Map<String, List<JavaMethod>> methods = type.getMethods().stream()
                    .filter(BeanMethodsTest::takesAnExchange)
                    .filter(method -> method.getModifiers().stream()
                            .noneMatch(modifier -> modifier.name().matches("BRIDGE|SYNTHETIC|PRIVATE")))
                    .collect(Collectors.groupingBy(JavaMethod::getName));
            assertThat(methods).as(type.getName()).allSatisfy((name, several) -> assertThat(several)
                    .hasSize(1));
        }
    }

    private static boolean takesAnExchange(JavaMethod method) {
        return !method.getRawParameterTypes().isEmpty()
                && method.getRawParameterTypes().get(0).isEquivalentTo(Exchange.class);
    }
}
