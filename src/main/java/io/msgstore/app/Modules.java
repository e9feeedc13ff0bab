/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;

import io.msgstore.devices.DeviceStore;
import io.msgstore.platform.config.Key;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.module.Module;

/** Modules: those that there are, or those of them that are on. */
record Modules(List<Module> list) {
    /** The setting that says which are on. */
    static final String KEY = "msgstore.modules";

    private static final String NAME = "[a-z][a-z0-9-]*";
    /** Folders of routes that are not a module's. */
    private static final Set<String> TAKEN =
            Set.of("api", "canary", "demo", "failure", "intake", "mapping", "platform", "queue");

    /**
     * Those of this jar and of others on the class path.
     *
     * @throws UserError when one can't be loaded, or has a name or a setting that can't be
     */
    static Modules known() {
        try {
            return of(ServiceLoader.load(Module.class).stream()
                    .map(ServiceLoader.Provider::get)
                    .toList());
        } catch (ServiceConfigurationError e) {
            throw new UserError("a module can't be loaded: " + e.getMessage(), e);
        }
    }

    /** @throws UserError when one has a name or a setting that can't be */
    static Modules of(List<Module> found) {
        Set<String> names = new HashSet<>(TAKEN);
        for (Module module : found) {
            String name = module.name();
            if (!name.matches(NAME)) {
                throw refusal(module, "a name is small letters, digits and \"-\"");
            }
            if (!names.add(name)) {
                throw refusal(module, "the name is taken");
            }
            // the settings of the device store are older than modules
            String prefix = module instanceof DeviceStore ? "msgstore." : "msgstore." + name + ".";
            for (Key key : module.keys()) {
                if (!key.name().startsWith(prefix)) {
                    throw refusal(module, "the setting " + key.name() + " must begin with " + prefix);
                }
            }
        }
        return new Modules(found);
    }

    private static UserError refusal(Module module, String why) {
        return new UserError(
                "module " + module.name() + " (" + module.getClass().getName() + "): " + why);
    }

    /** Those that are on, in this order. */
    Modules on(Settings settings) {
        List<String> names = settings.list(KEY);
        return new Modules(
                list.stream().filter(module -> names.contains(module.name())).toList());
    }

    /** The device store, where it is one of them: what commands and the operator's page are about. */
    Optional<DeviceStore> store() {
        return list.stream()
                .filter(DeviceStore.class::isInstance)
                .map(DeviceStore.class::cast)
                .findFirst();
    }

    boolean needDatabase() {
        return list.stream().anyMatch(Module::needsDatabase);
    }
}
