/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.regex.Pattern;

/** Keeps passwords out of text that people may see: logs, the start summary, error messages. */
public final class Secrets {
    /** What stands in a secret's place. */
    static final String MASK = "***";

    // Up to the last "@": a password that should have been percent-encoded may hold "@", "/" or "?" as it is. That
    // hides too much where another "@" follows, and never too little.
    private static final Pattern IN_AUTHORITY = Pattern.compile("(://[^:\\s\"]*):[^\\s\"]*@");

    private static final Pattern AS_PARAMETER = Pattern.compile(
            // from the beginning of a word: without it a long one is tried from each of its letters
            "(?<![\\w.-])([\\w.-]*(?:password|passwd|passphrase|secret|token)\\s*=\\s*)(?:'[^']*'|\"[^\"]*\"|[^\\s&\"]+)",
            Pattern.CASE_INSENSITIVE);

    // In a text that is a URL from its beginning, spaces and quotes may be part of a password too.
    private static final Pattern URL = Pattern.compile("\\s*[\\w+.:-]+://.*", Pattern.DOTALL);
    private static final Pattern IN_URL_AUTHORITY = Pattern.compile("(://[^:]*):.*@", Pattern.DOTALL);
    private static final Pattern AS_URL_PARAMETER =
            Pattern.compile("([\\w.-]*(?:password|passwd|passphrase|secret|token)=)[^&]*", Pattern.CASE_INSENSITIVE);

    // One that is written wrongly: a word with user and password, but without "//".
    private static final Pattern LIKE_AUTHORITY = Pattern.compile("^([^\\s@:]+(?::/?[^\\s@:]*)?):\\S*@");

    private static final Pattern SECRET_NAME = Pattern.compile(
            "password|passwd|passphrase|secret|token|credential|api-?key|private-?key|access-?key",
            Pattern.CASE_INSENSITIVE);

    private Secrets() {}

    /**
     * The text with the password of every {@code scheme://user:password@host} and {@code password=...} replaced.
     *
     * @param text any text; null gives null
     */
    public static String mask(String text) {
        if (text == null) {
            return null;
        }
        boolean url = URL.matcher(text).matches();
        String masked = (url ? IN_URL_AUTHORITY : IN_AUTHORITY).matcher(text).replaceAll("$1:" + MASK + "@");
        if (!text.contains("://")) {
            masked = LIKE_AUTHORITY.matcher(masked).replaceAll("$1:" + MASK + "@");
        }
        return (url ? AS_URL_PARAMETER : AS_PARAMETER).matcher(masked).replaceAll("$1" + MASK);
    }

    /** Whether the name of a setting says that its value is a secret. */
    static boolean isSecretName(String name) {
        return SECRET_NAME.matcher(name).find();
    }
}
