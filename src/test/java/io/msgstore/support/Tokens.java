/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;

/** Tokens (JWT) of an issuer that a test is itself. */
public final class Tokens {
    private Tokens() {}

    /** The keys of a new one. */
    public static KeyPair issuer() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair();
    }

    /** What {@code msgstore.http.jwt-key} names. */
    public static String pem(KeyPair keys) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }

    /** @param algorithm {@code RS256}, {@code RS384} or {@code RS512} */
    public static String signed(String algorithm, String payload, KeyPair keys) throws GeneralSecurityException {
        String signed = base64("{\"alg\":\"" + algorithm + "\",\"typ\":\"JWT\"}") + "." + base64(payload);
        Signature signature = Signature.getInstance(algorithm.replace("RS", "SHA") + "withRSA");
        signature.initSign(keys.getPrivate());
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + base64(signature.sign());
    }

    public static String base64(String text) {
        return base64(text.getBytes(StandardCharsets.UTF_8));
    }

    public static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
