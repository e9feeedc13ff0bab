/* SPDX-License-Identifier: Apache-2.0 */
package hello;

import java.util.List;

import io.micrometer.core.instrument.Counter;

import io.msgstore.platform.config.Key;
import io.msgstore.platform.config.Rule;
import io.msgstore.platform.module.Module;
import io.msgstore.platform.module.Platform;

/** Greets whoever asks. */
public final class Hello implements Module {
    @Override
    public String name() {
        return "hello";
    }

    @Override
    public List<Key> keys() {
        return List.of(Key.of("msgstore.hello.greeting", Rule.notBlank("a word to greet with")));
    }

    @Override
    public void bind(Platform platform) {
        Counter greetings = platform.meters().counter("msgstore.hello.greetings");
        platform.step("countGreeting", exchange -> greetings.increment());
    }
}
