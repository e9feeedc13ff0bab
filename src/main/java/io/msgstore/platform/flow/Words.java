/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.flow;

import java.util.Locale;

/** Conditions of routes in words. */
final class Words {
    private Words() {}

    /** A condition in Camel's simple language, such as <code>${header.event} == 'gps'</code>. */
    static String simple(String expression) {
        return expression
                .strip()
                .replaceAll("'\\{\\{([^}]+)}}'|\\{\\{([^}]+)}}", "$1$2")
                .replaceAll("\\$\\{(?:header\\.|variable\\.)?([^}]+)}", "$1")
                .replaceAll("([\\w.-]+) == null", "no $1")
                .replaceAll("([\\w.-]+) != null", "with $1")
                .replaceAll(" in '([^',]+),([^',]+)'", " is $1 or $2")
                .replaceAll(" in '([^']+)'", " is one of $1")
                .replaceAll(" == '([^']*)'", " is $1")
                .replaceAll(" != '([^']*)'", " is not $1")
                .replace(" == ", " is ")
                .replace(" != ", " is not ")
                .replace(" >= ", " at least ")
                .replace(" <= ", " at most ")
                .replace(" > ", " above ")
                .replace(" < ", " below ")
                .replace(" && ", " and ")
                .replace(" || ", " or ");
    }

    /** The name of a bean or a class, such as {@code ownCanary}. */
    static String name(String camelCase) {
        String last = camelCase.substring(camelCase.lastIndexOf('.') + 1);
        return last.replaceAll("([a-z0-9])([A-Z])", "$1 $2").toLowerCase(Locale.ROOT);
    }
}
