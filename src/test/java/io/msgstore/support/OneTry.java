/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * A test that failed once in a build fails again at once when the build tries it a second time. It is for tests that look
 * for lost messages by chance (faults, bad input, stops): a loss that vanishes on the second try is still a loss.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(OneTry.Extension.class)
public @interface OneTry {

    /** Notes a failure in {@code target/one-try/<build>}; without the system property {@code build} it does nothing. */
    final class Extension implements InvocationInterceptor {
        private static final String BUILD = System.getProperty("build");

        @Override
        public void interceptTestMethod(
                Invocation<Void> test, ReflectiveInvocationContext<Method> method, ExtensionContext context)
                throws Throwable {
            once(test, context);
        }

        @Override
        public void interceptTestTemplateMethod(
                Invocation<Void> test, ReflectiveInvocationContext<Method> method, ExtensionContext context)
                throws Throwable {
            once(test, context);
        }

        @Override
        public void interceptDynamicTest(
                Invocation<Void> test, DynamicTestInvocationContext dynamic, ExtensionContext context)
                throws Throwable {
            once(test, context);
        }

        private static void once(Invocation<Void> test, ExtensionContext context) throws Throwable {
            if (BUILD == null) {
                test.proceed();
                return;
            }
            Path failed = Path.of("target", "one-try", BUILD).resolve(name(context.getUniqueId()));
            if (Files.exists(failed)) {
                test.skip();
                throw new AssertionError("it has one try, and failed: " + Files.readString(failed));
            }
            try {
                test.proceed();
            } catch (Throwable e) {
                note(failed, e);
                throw e;
            }
        }

        private static void note(Path failed, Throwable failure) throws IOException {
            Files.createDirectories(failed.getParent());
            Files.writeString(failed, failure.toString());
        }

        private static String name(String uniqueId) {
            return UUID.nameUUIDFromBytes(uniqueId.getBytes(StandardCharsets.UTF_8))
                    .toString();
        }
    }
}
