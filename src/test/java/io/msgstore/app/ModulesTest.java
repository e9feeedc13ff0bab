/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.msgstore.devices.DeviceStore;
import io.msgstore.platform.config.Key;
import io.msgstore.platform.config.Rule;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.module.Module;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ModulesTest {
    @Test
    void theDeviceStoreIsOne() {
        assertThat(Modules.known().store()).isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "Hello, msgstore.hello.greeting, a name is small letters",
        "a/b, msgstore.a.b, a name is small letters",
        "store, msgstore.store.a, the name is taken",
        "queue, msgstore.queue.a, the name is taken",
        "platform, msgstore.platform.a, the name is taken",
        "hello, msgstore.greeting, the setting msgstore.greeting must begin with msgstore.hello.",
    })
    void aNameOrASettingThatCannotBeIsRefused(String name, String key, String says) {
        assertThatThrownBy(() -> Modules.of(List.of(new DeviceStore(), module(name, key))))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("module " + name + " (")
                .hasMessageContaining(says);
    }

    @Test
    void aModuleOfAnotherNameIsTaken() {
        assertThat(Modules.of(List.of(new DeviceStore(), module("hello", "msgstore.hello.greeting")))
                        .list())
                .hasSize(2);
    }

    private static Module module(String name, String key) {
        return new Module() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public List<Key> keys() {
                return List.of(Key.of(key, Rule.anything()));
            }
        };
    }
}
