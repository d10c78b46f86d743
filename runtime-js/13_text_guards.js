// Keeps V8's text builtins within what the process can bear. Some of them build one array of as many elements
// as a text has characters: beyond 2^27 V8 ends the process. Others take hours for a long text, deaf to a
// requested termination. No honest text is that long, so these throw a RangeError instead.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const {
    ArrayIsArray,
    FunctionPrototypeCall,
    JSONStringify,
    Number,
    Object,
    ObjectDefineProperty,
    RangeError,
    ReflectApply,
    ReflectConstruct,
    ReflectOwnKeys,
    RegExpPrototype,
    String,
    SymbolMatch,
    SymbolReplace,
    SymbolSplit,
    TypeError,
  } = primordials;
  const { define, replace } = core.loadExtScript("ext:vestibule/01_properties.js");

  // Characters that may become elements, matches or properties one by one.
  const TEXT_CHARS_MAX = 16777216;
  const PROPERTY_CHARS_MAX = 1048576;
  const REPEATED_CHARS_MAX = 67108864;
  const KEYS_MAX = 100000;
  const LOCALES_MAX = 1000;
  // Comparisons of characters that one search backwards may cost.
  const COMPARISONS_MAX = 1000000000;

  function install(global) {
    const stringPrototype = global.String.prototype;
    for (const name of ["match", "matchAll", "normalize", "replace", "replaceAll", "split"]) {
      const native = stringPrototype[name];
      replace(stringPrototype, name, {
        [name]() {
          return ReflectApply(native, bounded(this, name, TEXT_CHARS_MAX), arguments);
        },
      }[name]);
    }
    const nativeRepeat = stringPrototype.repeat;
    replace(stringPrototype, "repeat", {
      repeat(count) {
        const text = receiver(this, "repeat");
        count = Number(count);
        if (text.length * count > REPEATED_CHARS_MAX) tooLong("repeat");
        return FunctionPrototypeCall(nativeRepeat, text, count);
      },
    }.repeat);
    installLocales(global);
    const nativeLastIndexOf = stringPrototype.lastIndexOf;
    replace(stringPrototype, "lastIndexOf", {
      lastIndexOf(search, position = undefined) {
        const text = receiver(this, "lastIndexOf");
        search = String(search);
        if (text.length * search.length > COMPARISONS_MAX) tooLong("lastIndexOf");
        return arguments.length < 2
          ? FunctionPrototypeCall(nativeLastIndexOf, text, search)
          : FunctionPrototypeCall(nativeLastIndexOf, text, search, position);
      },
    }.lastIndexOf);
    for (const symbol of [SymbolMatch, SymbolReplace, SymbolSplit]) {
      const native = RegExpPrototype[symbol];
      replace(RegExpPrototype, symbol, {
        [symbol](text, other = undefined) {
          text = String(text);
          if (text.length > TEXT_CHARS_MAX) tooLong(native.name);
          return FunctionPrototypeCall(native, this, text, other);
        },
      }[symbol]);
    }
    for (const name of ["assign", "entries", "getOwnPropertyDescriptors", "getOwnPropertyNames", "keys", "values"]) {
      const native = Object[name];
      replace(Object, name, {
        [name]() {
          for (let i = 0; i < arguments.length; i++) {
            const value = arguments[i];
            const isText = typeof value === "string" ||
              (typeof value === "object" && value !== null && core.isStringObject(value));
            if (isText && value.length > PROPERTY_CHARS_MAX) tooLong(name);
          }
          return ReflectApply(native, this, arguments);
        },
      }[name]);
    }
    replace(global.String, "raw", {
      raw(template) {
        const literals = Object(Object(template).raw);
        const length = literals.length;
        let text = "";
        // A loop of ours, because a template may claim any length.
        for (let i = 0; i < length; i++) {
          text += String(literals[i]);
          if (i + 1 < length && i + 1 < arguments.length) text += String(arguments[i + 1]);
        }
        return text;
      },
    }.raw);
    replace(global.JSON, "stringify", {
      stringify(value, replacer = undefined, space = undefined) {
        if (ArrayIsArray(replacer) && replacer.length > KEYS_MAX) tooLong("stringify");
        return JSONStringify(value, replacer, space);
      },
    }.stringify);
  }

  /** Locales may be given as a list of any claimed length, which native code walks without a stop. */
  function installLocales(global) {
    const { Intl } = global;
    replace(Intl, "getCanonicalLocales", withLocales(Intl.getCanonicalLocales, 0));
    for (const name of ["Number", "BigInt", "Date"]) {
      const { prototype } = global[name];
      replace(prototype, "toLocaleString", withLocales(prototype.toLocaleString, 0));
    }
    const text = global.String.prototype;
    for (const name of ["toLocaleLowerCase", "toLocaleUpperCase"]) {
      replace(text, name, withLocales(text[name], 0));
    }
    replace(text, "localeCompare", withLocales(text.localeCompare, 1));
    for (const name of ["toLocaleDateString", "toLocaleTimeString"]) {
      const { prototype } = global.Date;
      replace(prototype, name, withLocales(prototype[name], 0));
    }
    for (const name of ReflectOwnKeys(Intl)) {
      if (typeof Intl[name] === "function" && Intl[name].prototype !== undefined) {
        replace(Intl, name, withLocalesConstructor(Intl[name]));
      }
    }
  }

  function withLocales(native, position) {
    const { [native.name]: guard } = {
      [native.name]() {
        checkLocales(arguments[position]);
        return ReflectApply(native, this, arguments);
      },
    };
    return guard;
  }

  function withLocalesConstructor(native) {
    function guard() {
      checkLocales(arguments[0]);
      return new.target === undefined
        ? ReflectApply(native, this, arguments)
        : ReflectConstruct(native, arguments, new.target === guard ? native : new.target);
    }
    const { prototype, supportedLocalesOf } = native;
    ObjectDefineProperty(guard, "prototype", { __proto__: null, value: prototype, writable: false });
    replace(prototype, "constructor", guard);
    if (supportedLocalesOf !== undefined) {
      replace(native, "supportedLocalesOf", withLocales(supportedLocalesOf, 0));
      define(guard, "supportedLocalesOf", native.supportedLocalesOf);
    }
    return guard;
  }

  function checkLocales(locales) {
    if (typeof locales === "object" && locales !== null && locales.length > LOCALES_MAX) tooLong("locales");
  }

  function receiver(value, name) {
    if (value === null || value === undefined) {
      throw new TypeError(`String.prototype.${name} called on null or undefined`);
    }
    return String(value);
  }

  function bounded(value, name, max) {
    const text = receiver(value, name);
    if (text.length > max) tooLong(name);
    return text;
  }

  function tooLong(name) {
    throw new RangeError(`${name}: the text or list is too long`);
  }

  return { install };
})();
