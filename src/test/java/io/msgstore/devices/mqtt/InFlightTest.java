/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class InFlightTest {
    private final MqttComponent settings = new MqttComponent();
    private final AtomicInteger unsettledOfAll = new AtomicInteger();
    private final List<Integer> acknowledged = new ArrayList<>();
    private final List<String> reasons = new ArrayList<>();
    private volatile boolean stopping;
    private final InFlight inFlight =
            new InFlight(settings, unsettledOfAll, () -> stopping, acknowledged::add, reasons::add);

    @Test
    void asksForWhatMessagesOfEarlierConnectionsLeave() {
        unsettledOfAll.set(2);
        assertThat(inFlight.limit(20)).isEqualTo(18);
        assertThat(inFlight.isReduced(20)).isFalse();
        unsettledOfAll.set(3);
        assertThat(inFlight.limit(20)).isEqualTo(17);
        assertThat(inFlight.receiveMaximum()).isEqualTo(17);
        assertThat(inFlight.isReduced(20)).isTrue();
        unsettledOfAll.set(30);
        assertThat(inFlight.limit(20)).isEqualTo(1);
    }

    @Test
    void isAloneWhenTheMessagesOfEarlierConnectionsAreSettled() {
        unsettledOfAll.set(1);
        long slot = inFlight.take(7);
        assertThat(inFlight.isAlone()).isFalse();
        assertThat(inFlight.unsettled()).isEqualTo(1);
        unsettledOfAll.decrementAndGet();
        assertThat(inFlight.isAlone()).isTrue();
        inFlight.settle(slot);
        assertThat(inFlight.unsettled()).isZero();
        assertThat(unsettledOfAll).hasValue(0);
    }

    @Test
    void acknowledgesWhatIsSettledOnceItIsOpen() {
        inFlight.limit(10);
        inFlight.settle(inFlight.take(7));
        assertThat(acknowledged).isEmpty();
        inFlight.open();
        assertThat(acknowledged).containsExactly(7);
    }

    @Test
    void closedToNewItStillAcknowledges() {
        inFlight.open();
        long slot = inFlight.take(7);
        inFlight.closeToNew();
        assertThat(inFlight.isClosed()).isTrue();
        inFlight.settle(slot);
        assertThat(acknowledged).containsExactly(7);
    }

    @Test
    void closedItOnlyCounts() {
        inFlight.open();
        long slot = inFlight.take(7);
        inFlight.close();
        assertThat(inFlight.awaitRoom()).isFalse();
        inFlight.settle(slot);
        assertThat(acknowledged).isEmpty();
        assertThat(unsettledOfAll).hasValue(0);
    }

    @Test
    void aMessageThatFailsBreaksTheConnectionOnce() {
        inFlight.take(7);
        inFlight.take(8);
        inFlight.reject(new IllegalStateException("not this time"));
        inFlight.reject(null);
        assertThat(reasons)
                .containsExactly("a message failed and is to be redelivered: IllegalStateException: not this time");
        assertThat(inFlight.isClosed()).isTrue();
        assertThat(unsettledOfAll).hasValue(0);
    }

    @Test
    void aMessageThatFailsInAStopLeavesTheConnectionToTheOthers() {
        stopping = true;
        inFlight.take(7);
        inFlight.reject(new IllegalStateException("not this time"));
        assertThat(reasons).isEmpty();
        assertThat(inFlight.isClosed()).isFalse();
        assertThat(unsettledOfAll).hasValue(0);
    }

    @Test
    void anAcknowledgementThatCannotBeSentBreaksTheConnection() {
        InFlight broken = new InFlight(
                settings,
                unsettledOfAll,
                () -> false,
                id -> {
                    throw new IllegalStateException("no way out");
                },
                reasons::add);
        broken.open();
        broken.settle(broken.take(7));
        assertThat(reasons).containsExactly("an acknowledgement could not be sent: IllegalStateException: no way out");
        assertThat(broken.awaitRoom()).isFalse();
    }

    @Test
    void aMessageTakesRoomUntilItIsGivenBack() {
        InFlightBytes bytes = new InFlightBytes(1_000_000);
        settings.setInFlightBytes(bytes);
        assertThat(inFlight.admit(100)).isEqualTo(100);
        assertThat(bytes.used()).isEqualTo(100 + InFlightBytes.EACH);
        int room = inFlight.takeAdmitted();
        inFlight.over();
        assertThat(bytes.used()).as("it was handed over").isEqualTo(100 + InFlightBytes.EACH);
        inFlight.giveBack(room);
        assertThat(bytes.used()).isZero();
    }

    @Test
    void aMessageThatNobodyTakesGivesItsRoomBack() {
        InFlightBytes bytes = new InFlightBytes(1_000_000);
        settings.setInFlightBytes(bytes);
        inFlight.admit(100);
        inFlight.over();
        assertThat(bytes.used()).isZero();
    }

    @Test
    void ofAMessageThatIsTooLargeOnlyTheBeginningIsKept() {
        settings.setInFlightBytes(new InFlightBytes(4_000_000));
        settings.setMaxPayloadBytes(1_000);
        assertThat(inFlight.admit(1_000_000)).isEqualTo(1_000_000);
        inFlight.over();
        assertThat(inFlight.admit(1_000_001)).isEqualTo(3 * CutMessage.KEPT_BYTES);
    }

    @Test
    void aMessageWaitsForRoomAndIsSeenToArriveMeanwhile() throws Exception {
        InFlightBytes bytes = new InFlightBytes(2 * InFlightBytes.EACH);
        settings.setInFlightBytes(bytes);
        inFlight.admit(1_000);
        int room = inFlight.takeAdmitted();
        long before = inFlight.arrivals();
        assertThat(inFlight.isArriving()).isFalse();

        CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> inFlight.admit(1_001));
        await().until(inFlight::isArriving);
        assertThat(waiting).isNotDone();
        inFlight.giveBack(room);
        assertThat(waiting.get(10, SECONDS)).isEqualTo(1_001);
        assertThat(inFlight.isArriving()).isFalse();
        assertThat(inFlight.arrivals()).isGreaterThan(before);
        assertThat(bytes.used()).isEqualTo(1_001 + InFlightBytes.EACH);
    }

    @Test
    void aMessageThatWaitsForRoomTakesNoneWhenTheConnectionIsClosed() throws Exception {
        InFlightBytes bytes = new InFlightBytes(2 * InFlightBytes.EACH);
        settings.setInFlightBytes(bytes);
        inFlight.admit(1_000);
        int room = inFlight.takeAdmitted();
        CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> inFlight.admit(1_001));
        await().until(inFlight::isArriving);
        inFlight.close();
        waiting.get(10, SECONDS);
        assertThat(inFlight.takeAdmitted()).isZero();
        inFlight.giveBack(room);
        assertThat(bytes.used()).isZero();
    }
}
