/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.time.Duration;

/** A load from the command line: {@code LoadMain URL MESSAGES [RATE [PADDING]]}; rate 0 is as fast as it goes. */
final class LoadMain {
    private LoadMain() {}

    public static void main(String[] arguments) {
        int messages = Integer.parseInt(arguments[1]);
        int rate = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 0;
        int padding = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 0;
        long start = System.nanoTime();
        LoadPublisher.to(arguments[0])
                .messages(messages)
                .rate(rate)
                .devices(500)
                .padding(padding)
                .prefix("run" + System.currentTimeMillis())
                .start()
                .await(Duration.ofMinutes(10));
        System.out.printf("published %,d in %.1f s%n", messages, (System.nanoTime() - start) / 1e9);
    }
}
