/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SubscriptionsTest {
    private static final Connack ALL = Connack.grantingAll(true);
    private static final int NOT_AUTHORIZED = 0x87;

    @Test
    void aFilterThatTakesThePlaceOfItsOtherFormWaits() {
        Subscriptions subscriptions =
                subscriptions(List.of("$share/g/a/#", "b/#", "c/+"), List.of("a/#", "$share/old/c/+", "d/#"), ALL);
        assertThat(subscriptions.atOnce).containsExactly("b/#");
        assertThat(subscriptions.later).containsExactly("$share/g/a/#", "c/+");
        assertThat(subscriptions.stale).containsExactly("a/#", "$share/old/c/+", "d/#");
    }

    @Test
    void aFilterThatOnlyOverlapsAStaleOneDoesNotWait() {
        Subscriptions subscriptions = subscriptions(List.of("a/+"), List.of("a/#"), ALL);
        assertThat(subscriptions.atOnce).containsExactly("a/+");
        assertThat(subscriptions.later).isEmpty();
    }

    @Test
    void theFiltersForLaterAreTakenOnce() {
        Subscriptions subscriptions = subscriptions(List.of("$share/g/a/#"), List.of("a/#"), ALL);
        assertThat(subscriptions.atOnce).isEmpty();
        assertThat(subscriptions.takeLater()).containsExactly("$share/g/a/#");
        assertThat(subscriptions.takeLater()).isEmpty();
        assertThat(subscriptions.later).isEmpty();
    }

    @Test
    void onePacketHasAllFiltersWhereTheBrokerTakesPacketsOfAnySize() {
        Subscriptions.Packet packet = subscriptions(ALL).packet(List.of("a", "b", "c"));
        assertThat(packet.filters()).containsExactly("a", "b", "c");
        assertThat(packet.rest()).isEmpty();
    }

    @Test
    void aPacketHasAsManyFiltersAsTheBrokerTakes() {
        // 8 bytes of the packet, and 3 beside the text of each filter
        Subscriptions subscriptions = subscriptions(limitedTo(8 + 2 * (3 + 4)));
        Subscriptions.Packet packet = subscriptions.packet(List.of("aaaa", "bbbb", "cccc"));
        assertThat(packet.filters()).containsExactly("aaaa", "bbbb");
        assertThat(packet.rest()).containsExactly("cccc");
        assertThat(packet.restFirst()).containsExactly("cccc", "aaaa", "bbbb");
    }

    @Test
    void aPacketHasOneFilterAtLeast() {
        Subscriptions.Packet packet = subscriptions(limitedTo(1)).packet(List.of("aaaa", "bbbb"));
        assertThat(packet.filters()).containsExactly("aaaa");
        assertThat(packet.rest()).containsExactly("bbbb");
    }

    @Test
    void whatTheBrokerWouldRefuseIsNotAskedFor() {
        Subscriptions subscriptions = subscriptions(new Connack(true, null, null, null, true, false, false, null));
        Subscriptions.Packet packet = subscriptions.packet(List.of("a/#", "plain", "$share/g/b", "c/+"));
        assertThat(packet.filters()).containsExactly("plain");
        assertThat(packet.rest()).isEmpty();
        assertThat(subscriptions.unsubscribable)
                .startsWith("can't subscribe to a/#, $share/g/b, c/+: the broker takes no wildcards")
                .contains("; the broker has no shared subscriptions")
                .containsOnlyOnce("wildcards");
    }

    @Test
    void thereIsNoPacketWhereTheBrokerWouldRefuseAll() {
        Subscriptions subscriptions = subscriptions(new Connack(true, null, null, null, true, true, false, null));
        Subscriptions.Packet packet = subscriptions.packet(List.of("a/#"));
        assertThat(packet.filters()).isEmpty();
        assertThat(packet.rest()).isEmpty();
        assertThat(subscriptions.unsubscribable).contains("a/#");
    }

    @Test
    void whatIsUnsubscribableStaysSoThroughLaterPackets() {
        Subscriptions subscriptions = subscriptions(new Connack(true, null, null, null, true, true, false, 1L));
        Subscriptions.Packet packet = subscriptions.packet(List.of("a/#", "b", "c"));
        assertThat(packet.filters()).containsExactly("b");
        subscriptions.packet(packet.rest());
        assertThat(subscriptions.unsubscribable).contains("a/#");
    }

    @Test
    void aPacketThatIsGrantedIsNotRefused() {
        Subscriptions subscriptions = subscriptions(ALL);
        assertThat(subscriptions.answered(subscriptions.packet(List.of("a", "b")), new int[] {1, 1}))
                .isNull();
        assertThat(subscriptions.unsubscribable).isNull();
        assertThat(subscriptions.isKept()).isTrue();
        assertThat(subscriptions.shortfalls("id", 60, false)).isEmpty();
    }

    @Test
    void whatIsRefusedComesAfterWhatWasNotTriedYet() {
        Subscriptions.Refusal refusal = subscriptions(ALL)
                .answered(
                        new Subscriptions.Packet(List.of("a", "b", "c"), List.of("d")),
                        new int[] {NOT_AUTHORIZED, 1, NOT_AUTHORIZED});
        assertThat(refusal.filters()).containsExactly("d", "a", "c");
        assertThat(refusal.reason()).isEqualTo("'a' (0x87: we are not allowed to), 'c' (0x87: we are not allowed to)");
    }

    @Test
    void aMissingCodeIsARefusal() {
        Subscriptions subscriptions = subscriptions(ALL);
        Subscriptions.Packet packet = subscriptions.packet(List.of("a", "b"));
        assertThat(subscriptions.answered(packet, new int[] {1}).filters()).containsExactly("b");
        assertThat(subscriptions.answered(packet, null).filters()).containsExactly("a", "b");
    }

    @Test
    void aFilterWithQos0IsNotKeptAndAShortfall() {
        Subscriptions subscriptions = subscriptions(ALL);
        subscriptions.answered(subscriptions.packet(List.of("a", "b")), new int[] {1, 0});
        assertThat(subscriptions.isKept()).isFalse();
        assertThat(subscriptions.shortfalls("id", 60, false))
                .singleElement()
                .asString()
                .startsWith("the broker grants QoS 0, not 1, to b: ");
    }

    @Test
    void theHighestQosOfTheConnectionIsSaidOfTheSubscriptionsOnly() {
        Subscriptions subscriptions = subscriptions(new Connack(true, null, 0, null, true, true, true, null));
        subscriptions.answered(subscriptions.packet(List.of("a")), new int[] {0});
        assertThat(subscriptions.shortfalls("id", 60, false)).hasSize(1);
    }

    @Test
    void aSessionThatEndsWithItsConnectionKeepsNothing() {
        Subscriptions subscriptions = subscriptions(new Connack(true, 0L, null, null, true, true, true, null));
        subscriptions.answered(subscriptions.packet(List.of("a")), new int[] {1});
        assertThat(subscriptions.isKept()).isFalse();
        assertThat(subscriptions(new Connack(true, 1L, null, null, true, true, true, null))
                        .isKept())
                .isTrue();
    }

    @Test
    void anUnsubscriptionIsRefusedWhereAnyOfItIs() {
        assertThat(Subscriptions.isRefused(new int[] {0, NOT_AUTHORIZED})).isTrue();
        // 0x11: there was no such subscription
        assertThat(Subscriptions.isRefused(new int[] {0, 0x11})).isFalse();
        assertThat(Subscriptions.isRefused(null)).isFalse();
    }

    private static Connack limitedTo(long packetBytes) {
        return new Connack(true, null, null, null, true, true, true, packetBytes);
    }

    private static Subscriptions subscriptions(Connack connack) {
        return subscriptions(List.of("a"), List.of(), connack);
    }

    private static Subscriptions subscriptions(List<String> wanted, List<String> stale, Connack connack) {
        return new Subscriptions(wanted, stale, connack, 1);
    }
}
