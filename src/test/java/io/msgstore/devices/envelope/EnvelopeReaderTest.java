/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.envelope;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static io.msgstore.devices.envelope.SampleMessages.bytes;
import static org.assertj.core.api.Assertions.assertThat;

class EnvelopeReaderTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"ts":"t","payload":{"a":1}}          | {"a":1}
                    {"payload" : [ 1 ] ,"ts":"t"}         | [ 1 ]
                    {"payload":1.50,"a":{"payload":2}}    | 1.50
                    {"payload":"one","payload":"two"}     | "two"
                    {"ts":"t"}                            | null
                    [1]                                   | null
                    {"payload":{"a":1}                    | {"payload":{"a":1}
                    garbage                               | garbage
                    """)
    void findsThePayloadOfAnEnvelope(String envelope, String payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        EnvelopeReader.writePayload(bytes(envelope), out);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(payload);
    }

    @Test
    void readsTheRestOfAnEnvelope() {
        byte[] envelope = bytes("{ \"ts\" : \"now\", \"payload\":{\"ts\":1}, \"a\":[1.50] }");
        assertThat(new String(EnvelopeReader.withoutPayload(envelope), StandardCharsets.UTF_8))
                .isEqualTo("{\"ts\":\"now\",\"a\":[1.5]}");
        assertThat(EnvelopeReader.ts(envelope)).isEqualTo("now");
    }
}
