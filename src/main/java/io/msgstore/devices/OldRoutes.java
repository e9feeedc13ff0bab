/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.UserError;

/** Finds what a copy of an older {@code routes/} has that no longer works, and says what to write instead. */
final class OldRoutes {
    private static final String MAPPING = "msgstore.mapping";

    private static final String QUEUE_FULL = "queue-full-failure";
    private static final String ANEW =
            "take queue/memory.camel.yaml, queue/fallback/memory.camel.yaml, failure/ and api/ from a newer copy of routes/";
    private static final Pattern QUEUE_SCHEME = Pattern.compile(
            "^[^#\\n]*\\b(?:uri|to|from|toD|wireTap|deadLetterUri|whenFull):\\s*[\"']?(queue:[^\\s\"']+)",
            Pattern.MULTILINE);
    private static final Pattern NAMES_QUEUE_FULL =
            Pattern.compile("^\\s*routeConfigurationId:.*\\b" + QUEUE_FULL + "\\b", Pattern.MULTILINE);
    private static final Pattern IS_QUEUE_FULL =
            Pattern.compile("^\\s*id:\\s*[\"']?" + QUEUE_FULL + "[\"']?\\s*$", Pattern.MULTILINE);

    private static final Pattern CLASS = Pattern.compile(
            "^ *(?:-|- type:|type:|beanType:) *[\"']?(io\\.msgstore\\.[\\w.$]+)[\"']? *$", Pattern.MULTILINE);
    private static final Pattern BEAN =
            Pattern.compile("^ *(?:- )?ref:(?: *| *\\n *expression: *)[\"']?(\\w+)[\"']? *$", Pattern.MULTILINE);
    private static final String PLATFORM_API = "routes/platform/api.camel.yaml";
    private static final Pattern ACCOUNTS = Pattern.compile("^ *id: *[\"']?api-accounts[\"']? *$", Pattern.MULTILINE);
    private static final Properties BEANS = beans();

    private OldRoutes() {}

    private static Properties beans() {
        Properties beans = new Properties();
        try (InputStream in = OldRoutes.class.getResourceAsStream("old-beans.properties")) {
            beans.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return beans;
    }

    /**
     * @param locations of the route files, as the bundle says them
     * @throws UserError with a line for the first file that does not work
     */
    static void refuse(Bundle bundle, List<String> locations) {
        List<String> texts = locations.stream().map(bundle::text).toList();
        // Camel starts a route without the configuration that it names
        boolean queueFull = isIn(IS_QUEUE_FULL, texts);
        for (int i = 0; i < texts.size(); i++) {
            String name = locations.get(i).replaceFirst("^.*[:/](?=routes/)", "");
            String text = texts.get(i);
            Matcher queue = QUEUE_SCHEME.matcher(text);
            if (queue.find()) {
                String uri = queue.group(1);
                throw new UserError(name + ": " + uri + " is " + uri.replaceFirst("^queue:", "seda:")
                        + " now, with SEDA's options (blockWhenFull and offerTimeout; no whenFull); " + ANEW);
            }
            CLASS.matcher(text).results().forEach(found -> requireClass(name, found.group(1)));
            // one's own bean may have such a name
            BEAN.matcher(text)
                    .results()
                    .map(found -> found.group(1))
                    .filter(bean -> BEANS.containsKey(bean)
                            && !isIn(
                                    Pattern.compile("^ *- name: *[\"']?" + bean + "[\"']? *$", Pattern.MULTILINE),
                                    texts))
                    .forEach(bean -> refuseBean(name, bean));
            if (ACCOUNTS.matcher(text).find() && !name.equals(PLATFORM_API)) {
                throw new UserError(name + ": the route api-accounts is in " + PLATFORM_API
                        + " now; take api/ and platform/ from a newer copy of routes/");
            }
            if (!queueFull && NAMES_QUEUE_FULL.matcher(text).find()) {
                throw new UserError(name + ": there is no routeConfiguration " + QUEUE_FULL + "; " + ANEW);
            }
        }
    }

    private static boolean isIn(Pattern pattern, List<String> texts) {
        return texts.stream().anyMatch(text -> pattern.matcher(text).find());
    }

    private static void requireClass(String name, String type) {
        try {
            Class.forName(type, false, OldRoutes.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new UserError(
                    name + ": there is no class " + type + "; take the file from a newer copy of routes/", e);
        }
    }

    private static void refuseBean(String name, String bean) {
        String now = BEANS.getProperty(bean);
        throw new UserError(name + ": the bean " + bean + " is "
                + (now.contains(".") ? "a method now, ref: " + now.replace(".", " and method: ") : now + " now")
                + "; take the file from a newer copy of routes/");
    }

    /**
     * For a start with mappings.
     *
     * @param mapping value of {@code msgstore.mapping}
     * @throws UserError when no route applies them
     */
    static void refuseWithoutMapping(Bundle bundle, List<String> locations, String mapping) {
        List<String> texts = locations.stream().map(bundle::text).toList();
        boolean applied = texts.stream().anyMatch(text -> text.contains("makeMessages"))
                && texts.stream().anyMatch(text -> text.contains("variable.mapping"));
        if (!applied) {
            throw new UserError(
                    MAPPING + "=" + mapping + ": no route in routes/ applies it; take"
                            + " mapping/mapping.camel.yaml and the branch dispatch-make of dispatch.camel.yaml from a newer copy");
        }
    }
}
