/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * TLS from PKCS#12 or PEM files.
 *
 * <p>The host name is verified all the same: Paho asks for that on each socket, whoever made it, unless {@code
 * httpsHostnameVerificationEnabled} is off.
 */
public final class Tls {

    private static final Pattern PEM = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

    private Tls() {}

    /**
     * Makes the socket factory.
     *
     * @param truststore certificates of the authorities to trust, PKCS#12 or PEM; null or empty for those of the JVM
     * @param truststorePassword password of a PKCS#12 trust store; null for none
     * @param keystore our certificate chain and its key, PKCS#12 or PEM (certificates, own first, and an unencrypted
     *     PKCS#8 key in one file); null or empty for no client certificate
     * @param keystorePassword password of a PKCS#12 key store; null for none
     * @throws IllegalArgumentException if a file can't be used; the message names the file and the reason, no password
     */
    public static SSLSocketFactory socketFactory(
            String truststore, String truststorePassword, String keystore, String keystorePassword) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    isSet(keystore) ? keyManagers(keystore, keystorePassword) : null,
                    isSet(truststore) ? trustManagers(truststore, truststorePassword) : null,
                    null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("TLS can't be set up: " + e.getMessage(), e);
        }
    }

    /** For connections whose host name is compared with the certificate's. */
    public static SSLParameters verifyingHost() {
        SSLParameters parameters = new SSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        return parameters;
    }

    private static TrustManager[] trustManagers(String file, String password) throws GeneralSecurityException {
        KeyStore store;
        String pem = pem(file);
        if (pem == null) {
            store = pkcs12(file, password);
        } else {
            store = empty();
            int n = 0;
            for (Certificate certificate : certificates(file, pem)) {
                store.setCertificateEntry("ca-" + n++, certificate);
            }
        }
        if (!holds(store, KeyStore.TrustedCertificateEntry.class)) {
            throw new IllegalArgumentException("trust store '" + file + "' holds no trusted certificate");
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static KeyManager[] keyManagers(String file, String password) throws GeneralSecurityException {
        char[] secret = password == null ? new char[0] : password.toCharArray();
        KeyStore store;
        String pem = pem(file);
        if (pem == null) {
            store = pkcs12(file, password);
        } else {
            List<Certificate> chain = certificates(file, pem);
            if (chain.isEmpty()) {
                throw new IllegalArgumentException("key store '" + file + "' holds no certificate");
            }
            PrivateKey key = privateKey(file, pem, chain.get(0).getPublicKey().getAlgorithm());
            store = empty();
            store.setKeyEntry("key", key, secret, chain.toArray(new Certificate[0]));
        }
        if (!holds(store, KeyStore.PrivateKeyEntry.class)) {
            throw new IllegalArgumentException("key store '" + file + "' holds no private key");
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, secret);
        return factory.getKeyManagers();
    }

    // the file's text if it is PEM, else null
    private static String pem(String file) {
        try {
            String text = new String(Files.readAllBytes(Path.of(file)), StandardCharsets.ISO_8859_1);
            return text.contains("-----BEGIN ") ? text : null;
        } catch (IOException e) {
            throw new IllegalArgumentException("'" + file + "' can't be read: " + reason(e), e);
        }
    }

    private static KeyStore pkcs12(String file, String password) {
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, password == null ? null : password.toCharArray());
            return store;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "'" + file + "' is neither PEM nor a PKCS#12 store that this password opens: " + reason(e), e);
        }
    }

    private static List<Certificate> certificates(String file, String pem) {
        String blocks = PEM.matcher(pem)
                .results()
                .filter(block -> block.group(1).endsWith("CERTIFICATE"))
                .map(MatchResult::group)
                .collect(Collectors.joining("\n"));
        try {
            return List.copyOf(CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(blocks.getBytes(StandardCharsets.ISO_8859_1))));
        } catch (CertificateException e) {
            throw new IllegalArgumentException("'" + file + "' holds a broken certificate: " + reason(e), e);
        }
    }

    private static PrivateKey privateKey(String file, String pem, String algorithm) throws GeneralSecurityException {
        Matcher block = PEM.matcher(pem);
        while (block.find()) {
            String type = block.group(1);
            if (type.equals("PRIVATE KEY")) {
                try {
                    return KeyFactory.getInstance(algorithm)
                            .generatePrivate(new PKCS8EncodedKeySpec(decode(file, block.group(2))));
                } catch (InvalidKeySpecException e) {
                    throw new IllegalArgumentException(
                            "the private key in '" + file + "' is broken, or not of the certificate's kind ("
                                    + algorithm + ")",
                            e);
                }
            }
            if (type.endsWith("PRIVATE KEY")) {
                throw new IllegalArgumentException("the private key in '" + file + "' is of type '" + type
                        + "'; it must be unencrypted PKCS#8: openssl pkcs8 -topk8 -nocrypt");
            }
        }
        throw new IllegalArgumentException("key store '" + file + "' holds no private key");
    }

    private static byte[] decode(String file, String base64) {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + file + "' is broken PEM: " + e.getMessage(), e);
        }
    }

    private static KeyStore empty() throws GeneralSecurityException {
        return KeyStore.Builder.newInstance("PKCS12", null, new KeyStore.PasswordProtection(new char[0]))
                .getKeyStore();
    }

    private static boolean holds(KeyStore store, Class<? extends KeyStore.Entry> kind) throws GeneralSecurityException {
        for (String alias : Collections.list(store.aliases())) {
            if (store.entryInstanceOf(alias, kind)) {
                return true;
            }
        }
        return false;
    }

    private static String reason(Exception e) {
        return e instanceof NoSuchFileException ? "no such file" : String.valueOf(e.getMessage());
    }

    private static boolean isSet(String value) {
        return value != null && !value.isBlank();
    }
}
