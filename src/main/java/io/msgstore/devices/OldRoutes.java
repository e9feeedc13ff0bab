/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.msgstore.platform.config.Bundle;
import io.msgstore.platform.config.UserError;

import static java.util.Map.entry;

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
    /** What beans are now: others, or methods of others, which are named first. */
    private static final Map<String, String> BEANS = Map.ofEntries(
            entry("accounts", "answerAccounts"),
            entry("canaryArrived", "canary.arrived"),
            entry("canaryAwaited", "canary.isAwaited"),
            entry("canaryLooked", "canary.looked"),
            entry("canaryUnseen", "canary.looked"),
            entry("canaryUnsent", "canary.published"),
            entry("correctionOutcome", "correction.outcome"),
            entry("correctionQuery", "correction.query"),
            entry("dead", "failures.dead"),
            entry("describeDeadLetter", "failures.describe"),
            entry("drainedMeasured", "drainedBacklog.measured"),
            entry("drainedUnmeasured", "drainedBacklog.measured"),
            entry("errors", "answerErrors"),
            entry("excludedClient", "excluded"),
            entry("excludedRetained", "excluded"),
            entry("excludedTopic", "excluded"),
            entry("excludedUser", "excluded"),
            entry("failedMessage", "failures.message"),
            entry("filteredByClient", "filtered"),
            entry("filteredByRetained", "filtered"),
            entry("filteredByTopic", "filtered"),
            entry("filteredByUser", "filtered"),
            entry("foundDeadLetter", "deadLetterQuery.found"),
            entry("held", "failures.isHeld"),
            entry("history", "answerHistory"),
            entry("isolationBegin", "isolation.begin"),
            entry("isolationEnd", "isolation.end"),
            entry("isolationLeave", "isolation.leave"),
            entry("isolationMissing", "isolation.isByHalves"),
            entry("isolationTooSlow", "isolation.isByHalves"),
            entry("judgeCanary", "canary.judge"),
            entry("listQuery", "deadLetterQuery.list"),
            entry("measureDrained", "drainedBacklog.measure"),
            entry("measureQueue", "backlog.measure"),
            entry("newCanary", "canary.create"),
            entry("oneQuery", "deadLetterQuery.one"),
            entry("payloadAnswer", "correction.answer"),
            entry("problem", "answerProblem"),
            entry("queueMeasured", "backlog.measured"),
            entry("queueUnmeasured", "backlog.measured"),
            entry("rawAlready", "failures.isRawAlready"),
            entry("rawDeadLetter", "failures.asBytes"),
            entry("refused", "failures.isRefused"),
            entry("refusedMessage", "isolation.message"),
            entry("replayQuery", "deadLetterQuery.replay"),
            entry("routeFiles", "answerRouteFiles"),
            entry("spooledBatch", "failures.spooledBatch"),
            entry("spooledBytes", "failures.spooledBytes"),
            entry("status", "answerStatus"),
            entry("tooSlow", "failures.isTooSlow"));

    private OldRoutes() {}

    /**
     * @param locations of the route files, as the bundle says them
     * @throws UserError with a line for the first file that does not work
     */
    static void refuse(Bundle bundle, List<String> locations) {
        Map<String, String> texts = new LinkedHashMap<>();
        locations.forEach(location -> texts.put(name(location), bundle.text(location)));
        texts.forEach((name, text) -> {
            Matcher queue = QUEUE_SCHEME.matcher(text);
            if (queue.find()) {
                String uri = queue.group(1);
                throw new UserError(name + ": " + uri + " is " + uri.replaceFirst("^queue:", "seda:")
                        + " now, with SEDA's options (blockWhenFull and offerTimeout; no whenFull); " + ANEW);
            }
        });
        texts.forEach((name, text) -> CLASS.matcher(text).results().forEach(found -> {
            try {
                Class.forName(found.group(1), false, OldRoutes.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                throw new UserError(
                        name + ": there is no class " + found.group(1) + "; take the file from a newer copy of routes/",
                        e);
            }
        }));
        texts.forEach((name, text) -> {
            Matcher bean = BEAN.matcher(text);
            while (bean.find()) {
                String now = BEANS.get(bean.group(1));
                // one's own bean may have such a name
                boolean bound = texts.values().stream().anyMatch(other -> Pattern.compile(
                                "^ *- name: *[\"']?" + bean.group(1) + "[\"']? *$", Pattern.MULTILINE)
                        .matcher(other)
                        .find());
                if (now != null && !bound) {
                    throw new UserError(name + ": the bean " + bean.group(1) + " is "
                            + (now.contains(".")
                                    ? "a method now, ref: " + now.replace(".", " and method: ")
                                    : now + " now")
                            + "; take the file from a newer copy of routes/");
                }
            }
        });
        texts.forEach((name, text) -> {
            if (ACCOUNTS.matcher(text).find() && !name.equals(PLATFORM_API)) {
                throw new UserError(name + ": the route api-accounts is in " + PLATFORM_API
                        + " now; take api/ and platform/ from a newer copy of routes/");
            }
        });
        // Camel starts a route without the configuration that it names
        boolean there = texts.values().stream()
                .anyMatch(text -> IS_QUEUE_FULL.matcher(text).find());
        texts.forEach((name, text) -> {
            if (!there && NAMES_QUEUE_FULL.matcher(text).find()) {
                throw new UserError(name + ": there is no routeConfiguration " + QUEUE_FULL + "; " + ANEW);
            }
        });
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

    private static String name(String location) {
        return location.replaceFirst("^.*[:/](?=routes/)", "");
    }
}
