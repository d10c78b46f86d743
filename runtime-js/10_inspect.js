// What `console.*` prints: `inspect(value, options?)` turns any value into text as Node 20's `util.inspect` does, and
// `format(args, options?)` does the same for a whole argument list with its `%s %d %i %f %j %o %O %c %%` directives.
//
// The tenant may have replaced every builtin before this code runs, so the rules here are:
// - builtins come from `primordials` only; nothing is looked up on a prototype that the tenant can reach;
// - growing lists are objects without a prototype (see `newList`): neither `push` nor `list[i] = x` on a real array is
//   safe from a setter on `Array.prototype`;
// - property descriptors lose their prototype at once, so that `descriptor.get` cannot come from `Object.prototype`;
// - a Proxy is looked through by its internal slots; prototype walks stop at one. No trap ever runs.
// Tenant code runs in these places only: custom inspect functions, getters for `Symbol.toStringTag` and for the
// well-known fields of errors, and the conversions that `%s %d %i %f %j` ask for. Whatever it throws is caught.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const {
    ArrayBufferPrototypeGetByteLength,
    ArrayIsArray,
    BigIntAsIntN,
    BigIntPrototypeValueOf,
    BooleanPrototypeValueOf,
    DataViewPrototypeGetBuffer,
    DataViewPrototypeGetByteLength,
    DataViewPrototypeGetByteOffset,
    DatePrototypeGetTime,
    DatePrototypeToISOString,
    ErrorPrototype,
    FunctionPrototypeCall,
    FunctionPrototypeToString,
    JSONStringify,
    Map,
    MapIteratorPrototypeNext,
    MapPrototypeEntries,
    MapPrototypeGet,
    MapPrototypeGetSize,
    MapPrototypeSet,
    MathFloor,
    MathMax,
    MathMin,
    MathRound,
    MathSqrt,
    Number,
    NumberParseFloat,
    NumberParseInt,
    NumberPrototypeToString,
    NumberPrototypeValueOf,
    ObjectFreeze,
    ObjectGetOwnPropertyNames,
    ObjectGetOwnPropertySymbols,
    ObjectGetPrototypeOf,
    ObjectHasOwn,
    ObjectIs,
    ObjectKeys,
    ObjectPrototypePropertyIsEnumerable,
    ObjectSetPrototypeOf,
    ReflectDefineProperty,
    ReflectGetOwnPropertyDescriptor,
    ReflectOwnKeys,
    RegExpPrototypeGetDotAll,
    RegExpPrototypeGetGlobal,
    RegExpPrototypeGetHasIndices,
    RegExpPrototypeGetIgnoreCase,
    RegExpPrototypeGetMultiline,
    RegExpPrototypeGetSource,
    RegExpPrototypeGetSticky,
    RegExpPrototypeGetUnicode,
    RegExpPrototypeGetUnicodeSets,
    SetIteratorPrototypeNext,
    SetPrototypeGetSize,
    SetPrototypeValues,
    String,
    StringPrototypeCharCodeAt,
    StringPrototypeEndsWith,
    StringPrototypeIncludes,
    StringPrototypeIndexOf,
    StringPrototypePadEnd,
    StringPrototypePadStart,
    StringPrototypeRepeat,
    StringPrototypeSlice,
    StringPrototypeStartsWith,
    StringPrototypeToUpperCase,
    StringPrototypeValueOf,
    SymbolFor,
    SymbolPrototypeToString,
    SymbolPrototypeValueOf,
    SymbolToStringTag,
    TypedArrayPrototypeGetBuffer,
    TypedArrayPrototypeGetByteLength,
    TypedArrayPrototypeGetByteOffset,
    TypedArrayPrototypeGetLength,
    TypedArrayPrototypeGetSymbolToStringTag,
    Uint8Array,
    globalThis,
  } = primordials;

  // Every native that this file needs beyond the language.
  const {
    getPromiseDetails,
    getProxyDetails,
    isAnyArrayBuffer,
    isArgumentsObject,
    isAsyncFunction,
    isBigIntObject,
    isBooleanObject,
    isDataView,
    isDate,
    isGeneratorFunction,
    isMap,
    isMapIterator,
    isModuleNamespaceObject,
    isNativeError,
    isNumberObject,
    isPromise,
    isProxy,
    isRegExp,
    isSet,
    isSetIterator,
    isStringObject,
    isSymbolObject,
    isTypedArray,
    isWeakMap,
    isWeakSet,
  } = core;
  const {
    op_get_constructor_name: nativeConstructorName,
    op_get_non_index_property_names: nonIndexKeys,
    op_preview_entries: previewEntries,
  } = core.ops;

  const BUDGET_CHARS = 16384;
  // Walks that a tenant can make long without paying for it stop here.
  const PROTOTYPES_MAX = 1000;
  const PROXIES_MAX = 100;
  const HOLES_SCANNED_MAX = 100000;
  const FRAMES_COMPARED_MAX = 200;
  // A larger BigInt is not converted: the digits would cost seconds in a builtin that cannot be interrupted.
  const BIGINT_BITS_MAX = 65536;

  const TRUNCATED = "... (truncated)";
  const CUSTOM = SymbolFor("nodejs.util.inspect.custom");
  const WEB_CUSTOM = SymbolFor("Deno.privateCustomInspect");
  const PENDING = 0;
  const REJECTED = 2;
  const KEYS_ALL = 0;
  const KEYS_ENUMERABLE = 2;

  const builtinNames = { __proto__: null };
  {
    const names = ObjectGetOwnPropertyNames(globalThis);
    for (let i = 0; i < names.length; i++) {
      const first = StringPrototypeCharCodeAt(names[i], 0);
      if (first >= 65 && first <= 90) builtinNames[names[i]] = true;
    }
  }

  /**
   * The text for one value. Options, with Node's names and defaults: `depth`, `breakLength`, `compact`,
   * `maxArrayLength`, `maxStringLength`, `showHidden`, `showProxy`, `customInspect`; and `budget`, the number of
   * characters after which the text stops with a visible mark.
   */
  function inspect(value, options) {
    const ctx = newContext(options);
    try {
      return cut(formatValue(ctx, value, 0, false), ctx.budget);
    } catch {
      // The stack overflowed so early that not even the parts could be replaced.
      return "[...]";
    }
  }
  ReflectDefineProperty(inspect, "custom", { __proto__: null, value: CUSTOM, enumerable: true });
  ObjectFreeze(inspect);

  /** The text of a console call: `args` is its argument list; `options` are those of `inspect`. */
  function format(args, options) {
    const budget = newContext(options).budget;
    try {
      return cut(formatArguments(args, options, budget), budget);
    } catch {
      return "[...]";
    }
  }

  // ---- Format strings ----

  function formatArguments(args, options, budget) {
    const count = args.length;
    if (count === 0) return "";
    let text = "";
    let next = 0;
    if (typeof args[0] === "string") {
      if (count === 1) return args[0];
      const expanded = expandDirectives(args, options, budget);
      text = expanded.text;
      next = expanded.next;
    }
    for (; next < count && text.length <= budget; next++) {
      if (next > 0) text += " ";
      text += typeof args[next] === "string" ? args[next] : inspect(args[next], options);
    }
    // What is over the budget is not looked at: `cut` puts the mark in its place.
    return text;
  }

  function expandDirectives(args, options, budget) {
    const template = args[0];
    const last = template.length - 1;
    let text = "";
    let copied = 0;
    let next = 1;
    let at = StringPrototypeIndexOf(template, "%");
    while (at !== -1 && at < last && text.length <= budget) {
      const directive = template[at + 1];
      let insert;
      if (directive === "%") {
        insert = "%";
      } else if (next < args.length) {
        insert = expandDirective(directive, args[next], options);
        if (insert !== undefined) next++;
      }
      if (insert !== undefined) {
        text += StringPrototypeSlice(template, copied, at) + insert;
        copied = at + 2;
      }
      at = StringPrototypeIndexOf(template, "%", at + (insert === undefined ? 1 : 2));
    }
    return { __proto__: null, text: text + StringPrototypeSlice(template, copied), next };
  }

  /** The replacement for one directive; `undefined` when it is none and stands for itself. */
  function expandDirective(directive, value, options) {
    switch (directive) {
      case "s":
        return directiveString(value, options);
      case "d":
        return directiveNumber(value, Number, true);
      case "i":
        return directiveNumber(value, NumberParseInt, true);
      case "f":
        return directiveNumber(value, NumberParseFloat, false);
      case "j":
        return directiveJson(value, options);
      case "O":
        return inspect(value, options);
      case "o":
        return inspect(value, withOptions(options, { __proto__: null, showHidden: true, showProxy: true, depth: 4 }));
      case "c":
        return "";
      default:
        return undefined;
    }
  }

  function directiveString(value, options) {
    if (typeof value === "number") return numberText(value);
    if (typeof value === "bigint") return bigintText(value);
    if (typeof value === "symbol") return SymbolPrototypeToString(value);
    if (!isObject(value) || (!hasProxyInChain(value) && (typeof value === "function" || hasOwnStringForm(value)))) {
      try {
        return String(value);
      } catch {
        // A toString that throws must not break a log line.
      }
    }
    return inspect(value, withOptions(options, { __proto__: null, depth: 0 }));
  }

  function directiveNumber(value, convert, takesBigInt) {
    if (typeof value === "bigint" && takesBigInt) return bigintText(value);
    if (typeof value === "symbol") return "NaN";
    try {
      return numberText(convert(value));
    } catch {
      return "NaN";
    }
  }

  function directiveJson(value, options) {
    try {
      return `${JSONStringify(value)}`;
    } catch (error) {
      const message = isObject(error) ? readData(error, "message") : undefined;
      if (typeof message === "string" && StringPrototypeStartsWith(message, "Converting circular structure")) {
        return "[Circular]";
      }
      return inspect(value, options);
    }
  }

  /** Whether `%s` should ask the object itself: its `toString` is not one of the language's. */
  function hasOwnStringForm(value) {
    if (typeof readData(value, "toString") !== "function") return false;
    let holder = value;
    for (let hops = 0; hops < PROTOTYPES_MAX; hops++) {
      if (holder === null) return false;
      if (ObjectHasOwn(holder, "toString")) break;
      holder = ObjectGetPrototypeOf(holder);
    }
    if (holder === value) return true;
    const owner = ownDescriptor(holder, "constructor");
    return !(owner !== undefined && typeof owner.value === "function" &&
      builtinNames[readData(owner.value, "name")] === true);
  }

  // ---- Context, lists, safe reading ----

  function newContext(options) {
    const given = isObject(options) ? options : { __proto__: null };
    const depth = read(given, "depth");
    const compact = read(given, "compact");
    return {
      __proto__: null,
      depth: depth === null ? Infinity : numberOr(depth, 2),
      isDepthNull: depth === null,
      breakLength: numberOr(read(given, "breakLength"), 80),
      compact: compact === false ? 0 : numberOr(compact, 3),
      maxArrayLength: limitOr(read(given, "maxArrayLength"), 100),
      maxStringLength: limitOr(read(given, "maxStringLength"), 10000),
      showHidden: read(given, "showHidden") === true,
      showProxy: read(given, "showProxy") === true,
      customInspect: read(given, "customInspect") !== false,
      budget: MathMax(0, numberOr(read(given, "budget"), BUDGET_CHARS)),
      indentation: 0,
      deepest: 0,
      seen: newList(),
      circular: undefined,
      spent: 0,
      marked: false,
    };
  }

  function numberOr(value, fallback) {
    return typeof value === "number" && value === value ? value : fallback;
  }

  function limitOr(value, fallback) {
    return value === null ? Infinity : MathMax(0, numberOr(value, fallback));
  }

  function withOptions(options, changes) {
    const merged = { __proto__: null };
    if (isObject(options)) {
      const names = ObjectKeys(options);
      for (let i = 0; i < names.length; i++) merged[names[i]] = read(options, names[i]);
    }
    const names = ObjectKeys(changes);
    for (let i = 0; i < names.length; i++) merged[names[i]] = changes[names[i]];
    return merged;
  }

  /** What a custom inspect function gets as its options. It may hand them back to `inspect`. */
  function optionsFor(ctx, depth) {
    return {
      __proto__: null,
      depth,
      breakLength: ctx.breakLength,
      compact: ctx.compact,
      maxArrayLength: ctx.maxArrayLength,
      maxStringLength: ctx.maxStringLength,
      showHidden: ctx.showHidden,
      showProxy: ctx.showProxy,
      customInspect: ctx.customInspect,
      budget: MathMax(0, ctx.budget - ctx.spent),
      colors: false,
      stylize: (text) => `${text}`,
    };
  }

  function isObject(value) {
    return (typeof value === "object" && value !== null) || typeof value === "function";
  }

  function newList() {
    return { __proto__: null, length: 0 };
  }

  function append(list, item) {
    list[list.length] = item;
    list.length += 1;
  }

  function listOf(array) {
    const list = newList();
    for (let i = 0; i < array.length; i++) append(list, array[i]);
    return list;
  }

  function includes(list, item) {
    for (let i = 0; i < list.length; i++) if (list[i] === item) return true;
    return false;
  }

  function join(list, separator) {
    let text = list.length > 0 ? list[0] : "";
    for (let i = 1; i < list.length; i++) text += separator + list[i];
    return text;
  }

  function splitLines(text) {
    const lines = newList();
    let from = 0;
    for (let at = StringPrototypeIndexOf(text, "\n"); at !== -1; at = StringPrototypeIndexOf(text, "\n", from)) {
      append(lines, StringPrototypeSlice(text, from, at));
      from = at + 1;
    }
    append(lines, StringPrototypeSlice(text, from));
    return lines;
  }

  function indentLines(text, columns) {
    if (columns === 0 || StringPrototypeIndexOf(text, "\n") === -1) return text;
    return join(splitLines(text), `\n${StringPrototypeRepeat(" ", columns)}`);
  }

  function ownDescriptor(object, key) {
    const descriptor = ReflectGetOwnPropertyDescriptor(object, key);
    if (descriptor !== undefined) ObjectSetPrototypeOf(descriptor, null);
    return descriptor;
  }

  /** The descriptor of `key` on the object or on the nearest prototype that has it, as far as no Proxy is in the way. */
  function findDescriptor(object, key) {
    for (let hops = 0; hops < PROTOTYPES_MAX; hops++) {
      if (object === null || isProxy(object)) return undefined;
      const descriptor = ownDescriptor(object, key);
      if (descriptor !== undefined) return descriptor;
      object = ObjectGetPrototypeOf(object);
    }
    return undefined;
  }

  /** Whether a lookup on the object could reach a trap. */
  function hasProxyInChain(object) {
    for (let hops = 0; hops < PROTOTYPES_MAX && object !== null; hops++) {
      if (isProxy(object)) return true;
      object = ObjectGetPrototypeOf(object);
    }
    return object !== null;
  }

  /** `object[key]` without running a getter. */
  function readData(object, key) {
    try {
      return findDescriptor(object, key)?.value;
    } catch {
      return undefined;
    }
  }

  /** `object[key]`; a getter runs, and what it throws reads as `undefined`. */
  function read(object, key) {
    try {
      const descriptor = findDescriptor(object, key);
      if (descriptor === undefined) return undefined;
      return descriptor.get === undefined ? descriptor.value : FunctionPrototypeCall(descriptor.get, object);
    } catch {
      return undefined;
    }
  }

  function inheritsFrom(object, prototype) {
    let current = object;
    for (let hops = 0; hops < PROTOTYPES_MAX; hops++) {
      if (isProxy(current)) return false;
      current = ObjectGetPrototypeOf(current);
      if (current === prototype) return true;
      if (current === null) return false;
    }
    return false;
  }

  // ---- Budget ----

  function charge(ctx, text) {
    ctx.spent += text.length;
    return text;
  }

  /** Cuts what a tenant can make long (names, tags, sources) before it is copied around. */
  function clip(ctx, text) {
    return text.length > ctx.budget ? StringPrototypeSlice(text, 0, ctx.budget) : text;
  }

  /** Whether a loop over entries must stop; the first one that does leaves the mark. */
  function isExhausted(ctx, entries) {
    if (ctx.spent < ctx.budget) return false;
    if (!ctx.marked) {
      ctx.marked = true;
      append(entries, TRUNCATED);
    }
    return true;
  }

  function cut(text, budget) {
    if (text.length <= budget) return text;
    if (text.length <= budget + TRUNCATED.length && StringPrototypeEndsWith(text, TRUNCATED)) return text;
    let end = budget;
    const before = StringPrototypeCharCodeAt(text, end - 1);
    if (before >= 0xd800 && before <= 0xdbff) end--;
    return `${StringPrototypeSlice(text, 0, end)}${TRUNCATED}`;
  }

  // ---- Values ----

  function formatValue(ctx, value, level, inTypedArray) {
    if (!isObject(value)) return charge(ctx, formatPrimitive(ctx, value));
    if (isProxy(value)) {
      if (ctx.showProxy) return formatProxy(ctx, value, level);
      value = unwrapProxy(value);
      if (value === null) return charge(ctx, "<Revoked Proxy>");
      if (value === undefined) return charge(ctx, "[Proxy]");
    }
    if (ctx.customInspect) {
      const text = formatCustom(ctx, value, level);
      if (text !== undefined) return charge(ctx, text);
    }
    if (includes(ctx.seen, value)) return charge(ctx, formatCircular(ctx, value));
    return formatObject(ctx, value, level, inTypedArray);
  }

  function formatPrimitive(ctx, value) {
    switch (typeof value) {
      case "string":
        return formatString(ctx, value);
      case "number":
        return numberText(value);
      case "bigint":
        return bigintText(value);
      case "symbol":
        return clip(ctx, SymbolPrototypeToString(value));
      default:
        return `${value}`;
    }
  }

  function formatString(ctx, value) {
    let trailer = "";
    const max = MathMin(ctx.maxStringLength, ctx.budget);
    if (value.length > max) {
      const remaining = value.length - max;
      value = StringPrototypeSlice(value, 0, max);
      trailer = `... ${remaining} more character${remaining > 1 ? "s" : ""}`;
    }
    // Inside containers a long text with line breaks is shown line by line.
    if (value.length > 16 && value.length > ctx.breakLength - ctx.indentation - 4) {
      const lines = splitLines(value);
      if (lines.length > 1) {
        const quoted = newList();
        for (let i = 0; i < lines.length; i++) {
          const isLast = i === lines.length - 1;
          if (!isLast || lines[i] !== "") append(quoted, quote(isLast ? lines[i] : `${lines[i]}\n`));
        }
        return join(quoted, ` +\n${StringPrototypeRepeat(" ", ctx.indentation + 2)}`) + trailer;
      }
    }
    return quote(value) + trailer;
  }

  function numberText(value) {
    return ObjectIs(value, -0) ? "-0" : `${value}`;
  }

  function bigintText(value) {
    if (BigIntAsIntN(BIGINT_BITS_MAX, value) !== value) return `[BigInt: more than ${BIGINT_BITS_MAX} bits]`;
    return `${value}n`;
  }

  /** The string as a literal: single quotes if they need no escape, else double quotes, else backticks. */
  function quote(text) {
    let mark = "'";
    if (StringPrototypeIncludes(text, "'")) {
      if (!StringPrototypeIncludes(text, '"')) {
        mark = '"';
      } else if (!StringPrototypeIncludes(text, "`") && !StringPrototypeIncludes(text, "${")) {
        mark = "`";
      }
    }
    return mark + escape(text, mark === "'") + mark;
  }

  const NAMED_ESCAPES = {
    __proto__: null, 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 39: "\\'", 92: "\\\\",
  };

  function escape(text, escapesQuote) {
    let result = "";
    let copied = 0;
    for (let i = 0; i < text.length; i++) {
      const code = StringPrototypeCharCodeAt(text, i);
      let insert;
      if (code < 32 || code === 92 || (code === 39 && escapesQuote) || (code > 126 && code < 160)) {
        insert = NAMED_ESCAPES[code] ??
          `\\x${code < 16 ? "0" : ""}${StringPrototypeToUpperCase(NumberPrototypeToString(code, 16))}`;
      } else if (code >= 0xd800 && code <= 0xdfff) {
        const next = code < 0xdc00 && i + 1 < text.length ? StringPrototypeCharCodeAt(text, i + 1) : 0;
        if (next >= 0xdc00 && next <= 0xdfff) i++;
        else insert = `\\u${NumberPrototypeToString(code, 16)}`;
      }
      if (insert !== undefined) {
        result += StringPrototypeSlice(text, copied, i) + insert;
        copied = i + 1;
      }
    }
    return copied === 0 ? text : result + StringPrototypeSlice(text, copied);
  }

  // ---- Proxies, custom functions, circles ----

  /** The first target that is no Proxy; `null` for a revoked one, `undefined` when it cannot be known. */
  function unwrapProxy(proxy) {
    let value = proxy;
    for (let hops = 0; hops < PROXIES_MAX; hops++) {
      value = proxySlot(value, 0);
      if (!isObject(value) || !isProxy(value)) return value;
    }
    return undefined;
  }

  /**
   * Slot 0 is the target, 1 the handler. The native fills its array by ordinary assignment, which a setter on
   * `Array.prototype` can catch: only own elements count.
   */
  function proxySlot(proxy, index) {
    try {
      const details = getProxyDetails(proxy);
      return details === null ? undefined : ownDescriptor(details, index)?.value;
    } catch {
      return undefined;
    }
  }

  function formatProxy(ctx, proxy, level) {
    const target = proxySlot(proxy, 0);
    if (target === null) return charge(ctx, "<Revoked Proxy>");
    if (target === undefined) return charge(ctx, "[Proxy]");
    if (level > ctx.depth) return charge(ctx, "Proxy [Array]");
    ctx.indentation += 2;
    const entries = newList();
    append(entries, formatValue(ctx, target, level + 1, false));
    append(entries, formatValue(ctx, proxySlot(proxy, 1), level + 1, false));
    ctx.indentation -= 2;
    return layout(ctx, entries, newShape("Proxy [", "]", newList()), level + 1, undefined, true);
  }

  function formatCustom(ctx, value, level) {
    const depth = ctx.depth - level;
    try {
      const web = readData(value, WEB_CUSTOM);
      if (typeof web === "function") {
        const text = FunctionPrototypeCall(web, value, inspect, optionsFor(ctx, depth));
        if (typeof text === "string") return indentLines(clip(ctx, text), ctx.indentation);
      }
      const custom = readData(value, CUSTOM);
      if (typeof custom !== "function" || custom === inspect || isOwnPrototype(value)) return undefined;
      const shownDepth = ctx.isDepthNull ? null : depth;
      const result = FunctionPrototypeCall(custom, value, shownDepth, optionsFor(ctx, ctx.depth), inspect);
      if (result === value) return undefined;
      if (!isObject(result) || typeof result === "function") {
        return indentLines(clip(ctx, String(result)), ctx.indentation);
      }
      return formatValue(ctx, result, level, false);
    } catch {
      // A custom function that throws loses its say: the value is shown as it is.
      return undefined;
    }
  }

  /** `Foo.prototype` itself carries Foo's custom function, but is no Foo. */
  function isOwnPrototype(value) {
    const constructor = readData(value, "constructor");
    return isObject(constructor) && readData(constructor, "prototype") === value;
  }

  function formatCircular(ctx, value) {
    if (ctx.circular === undefined) ctx.circular = new Map();
    let index = MapPrototypeGet(ctx.circular, value);
    if (index === undefined) {
      index = MapPrototypeGetSize(ctx.circular) + 1;
      MapPrototypeSet(ctx.circular, value, index);
    }
    return `[Circular *${index}]`;
  }

  // ---- Objects ----

  /**
   * How one object is shown: `base` before the bracket (a function's head, an error's stack), the brackets, the keys
   * to list, `body(ctx, value, level, entries)` for what comes before the keys, or the `whole` text if that is all.
   */
  function newShape(open, close, keys) {
    return { __proto__: null, base: "", open, close, keys, body: undefined, isArray: false, whole: undefined };
  }

  function wholeShape(text) {
    const shape = newShape("{", "}", newList());
    shape.whole = text;
    return shape;
  }

  function basedShape(base, keys) {
    const shape = newShape("{", "}", keys);
    shape.base = base;
    if (keys.length === 0) shape.whole = base;
    return shape;
  }

  function formatObject(ctx, value, level, inTypedArray) {
    const inherited = ctx.showHidden && level <= ctx.depth ? newList() : undefined;
    const about = { __proto__: null, name: "", tag: "", inherited, level, inTypedArray };
    about.name = constructorName(ctx, value, level, inherited);
    about.tag = tagOf(ctx, value);
    const shape = shapeOf(ctx, value, about);
    if (inherited !== undefined && inherited.length > 0) {
      if (shape.whole !== undefined && shape.base === "") shape.open = openerOf(shape);
      shape.whole = undefined;
    }
    if (shape.whole !== undefined) return charge(ctx, shape.whole);
    if (level > ctx.depth) return charge(ctx, abbreviated(ctx, value, about));

    const entries = newList();
    append(ctx.seen, value);
    ctx.deepest = level + 1;
    charge(ctx, shape.base);
    charge(ctx, shape.open);
    const indentation = ctx.indentation;
    try {
      if (shape.body !== undefined) shape.body(ctx, value, level + 1, entries);
      appendProperties(ctx, value, level + 1, shape, entries);
      if (inherited !== undefined) appendInherited(ctx, value, level + 1, inherited, entries);
    } catch {
      // Nothing but an overflowing stack gets here. Unwind to a place where there is room for a text.
      ctx.indentation = indentation;
      popSeen(ctx);
      return charge(ctx, "[...]");
    }
    const reference = ctx.circular === undefined ? undefined : MapPrototypeGet(ctx.circular, value);
    if (reference !== undefined) {
      shape.base = shape.base === "" ? `<ref *${reference}>` : `<ref *${reference}> ${shape.base}`;
    }
    popSeen(ctx);
    return layout(ctx, entries, shape, level + 1, value, shape.isArray);
  }

  function popSeen(ctx) {
    ctx.seen.length -= 1;
    delete ctx.seen[ctx.seen.length];
  }

  function openerOf(shape) {
    return StringPrototypeEndsWith(shape.whole, "{}") || StringPrototypeEndsWith(shape.whole, "[]")
      ? StringPrototypeSlice(shape.whole, 0, -1)
      : shape.open;
  }

  function abbreviated(ctx, value, about) {
    const name = StringPrototypeSlice(prefix(about, fallbackName(ctx, value, about), ""), 0, -1);
    return about.name === null ? name : `[${name}]`;
  }

  /** What an object without prototype is called: V8 remembers who made it. */
  function fallbackName(ctx, value, about) {
    return about.name === null && about.tag === "" ? clip(ctx, nativeName(value)) : "Object";
  }

  function appendProperties(ctx, value, level, shape, entries) {
    const { keys } = shape;
    for (let i = 0; i < keys.length; i++) {
      if (isExhausted(ctx, entries)) return;
      append(entries, formatProperty(ctx, value, level, keys[i], undefined));
    }
  }

  function appendInherited(ctx, value, level, inherited, entries) {
    for (let i = 0; i < inherited.length; i++) {
      if (isExhausted(ctx, entries)) return;
      append(entries, formatProperty(ctx, value, level, inherited[i].key, inherited[i].descriptor));
    }
  }

  function formatProperty(ctx, object, level, key, known) {
    const descriptor = known ?? ownDescriptor(object, key) ??
      { __proto__: null, value: read(object, key), enumerable: true };
    const name = charge(ctx, `${propertyName(ctx, key, descriptor.enumerable)}: `);
    ctx.spent += ctx.indentation + 2;
    return name + formatDescriptor(ctx, descriptor, level);
  }

  function formatDescriptor(ctx, descriptor, level) {
    if (descriptor.get !== undefined) {
      return charge(ctx, descriptor.set === undefined ? "[Getter]" : "[Getter/Setter]");
    }
    if (descriptor.set !== undefined) return charge(ctx, "[Setter]");
    ctx.indentation += 2;
    const text = formatValue(ctx, descriptor.value, level, false);
    ctx.indentation -= 2;
    return text;
  }

  function propertyName(ctx, key, isEnumerable) {
    if (typeof key === "symbol") return `[${escape(clip(ctx, SymbolPrototypeToString(key)), true)}]`;
    if (key === "__proto__") return "['__proto__']";
    const text = clip(ctx, key);
    if (!isEnumerable) return `[${escape(text, true)}]`;
    return isPlainName(text) ? text : quote(text);
  }

  function isPlainName(text) {
    for (let i = 0; i < text.length; i++) {
      const code = StringPrototypeCharCodeAt(text, i);
      const isLetter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
      if (!isLetter && !(i > 0 && code >= 48 && code <= 57)) return false;
    }
    return text.length > 0;
  }

  function ownKeys(ctx, value) {
    const keys = newList();
    if (ctx.showHidden) {
      const names = ObjectGetOwnPropertyNames(value);
      for (let i = 0; i < names.length; i++) append(keys, names[i]);
    } else {
      let names;
      try {
        names = ObjectKeys(value);
      } catch {
        // A module's exports that are not initialized yet cannot be asked for their enumerability.
        names = ObjectGetOwnPropertyNames(value);
      }
      for (let i = 0; i < names.length; i++) append(keys, names[i]);
    }
    const symbols = ObjectGetOwnPropertySymbols(value);
    for (let i = 0; i < symbols.length; i++) {
      if (ctx.showHidden || ObjectPrototypePropertyIsEnumerable(value, symbols[i])) append(keys, symbols[i]);
    }
    return keys;
  }

  function extraKeys(ctx, value) {
    return listOf(nonIndexKeys(value, ctx.showHidden ? KEYS_ALL : KEYS_ENUMERABLE));
  }

  // ---- Names ----

  /**
   * The name of the constructor that made the object; `null` without prototype. When showing hidden properties, the
   * accessors and data of the tenant's own prototypes on the way are collected in `inherited`.
   */
  function constructorName(ctx, object, level, inherited) {
    let current = object;
    let first;
    let hops = 0;
    for (; current !== null && hops < PROTOTYPES_MAX && !isProxy(current); hops++) {
      const constructor = constructorAt(current);
      if (constructor !== undefined) {
        const name = readData(constructor, "name");
        if (typeof name === "string" && name !== "" && isInstance(object, constructor)) {
          if (inherited !== undefined && (first !== current || builtinNames[name] !== true)) {
            collectInherited(object, first ?? object, inherited);
          }
          return clip(ctx, name);
        }
      }
      current = ObjectGetPrototypeOf(current);
      if (first === undefined) first = current;
    }
    if (first === null) return null;
    const name = clip(ctx, nativeName(object));
    if (first === undefined || isProxy(first)) return `${name} <Proxy>`;
    if (level > ctx.depth || hops === PROTOTYPES_MAX) return `${name} <Complex prototype>`;
    const parent = constructorName(ctx, first, level + 1, inherited);
    if (parent !== null) return `${name} <${parent}>`;
    const shown = inspect(first, withOptions(optionsFor(ctx, -1), { __proto__: null, customInspect: false }));
    return `${name} <${shown}>`;
  }

  function constructorAt(object) {
    try {
      const constructor = ownDescriptor(object, "constructor")?.value;
      return typeof constructor === "function" && !isProxy(constructor) ? constructor : undefined;
    } catch {
      // An export called `constructor` that is not initialized yet.
      return undefined;
    }
  }

  function isInstance(object, constructor) {
    const prototype = ownDescriptor(constructor, "prototype")?.value;
    return isObject(prototype) && inheritsFrom(object, prototype);
  }

  function nativeName(object) {
    const name = nativeConstructorName(object);
    return typeof name === "string" ? name : "Object";
  }

  function collectInherited(object, from, inherited) {
    let current = from;
    for (let layers = 0; layers < 3 && current !== null && current !== undefined && !isProxy(current); layers++) {
      if (layers > 0) current = ObjectGetPrototypeOf(current);
      if (current === null || isProxy(current)) return;
      const constructor = constructorAt(current);
      if (constructor !== undefined && builtinNames[readData(constructor, "name")] === true) return;
      const keys = ReflectOwnKeys(current);
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i];
        if (key === "constructor" || ObjectHasOwn(object, key) || hasKey(inherited, key)) continue;
        const descriptor = ownDescriptor(current, key);
        if (typeof descriptor.value !== "function") append(inherited, { __proto__: null, key, descriptor });
      }
    }
  }

  function hasKey(inherited, key) {
    for (let i = 0; i < inherited.length; i++) if (inherited[i].key === key) return true;
    return false;
  }

  /** `Symbol.toStringTag`, unless it will be listed among the properties anyway. */
  function tagOf(ctx, value) {
    const tag = read(value, SymbolToStringTag);
    if (typeof tag !== "string" || tag === "") return "";
    try {
      const isListed = ctx.showHidden
        ? ObjectHasOwn(value, SymbolToStringTag)
        : ObjectPrototypePropertyIsEnumerable(value, SymbolToStringTag);
      return isListed ? "" : clip(ctx, tag);
    } catch {
      return "";
    }
  }

  /** What stands before the bracket, with a space at its end: `Foo(2) [tag] `. */
  function prefix(about, fallback, size) {
    const { name, tag } = about;
    if (name === null) {
      const suffix = tag !== "" && tag !== fallback ? `[${tag}] ` : "";
      return `[${fallback}${size}: null prototype] ${suffix}`;
    }
    return tag !== "" && tag !== name ? `${name}${size} [${tag}] ` : `${name}${size} `;
  }

  // ---- Shapes by kind ----

  /** Kinds are told by internal slots alone: what a tenant puts on a prototype must not change the answer. */
  function shapeOf(ctx, value, about) {
    if (ArrayIsArray(value)) return arrayShape(ctx, value, about);
    if (isSet(value)) return collectionShape(ctx, value, about, "Set", SetPrototypeGetSize(value), appendSet);
    if (isMap(value)) return collectionShape(ctx, value, about, "Map", MapPrototypeGetSize(value), appendMap);
    if (isTypedArray(value)) return typedArrayShape(ctx, value, about);
    if (isMapIterator(value)) return iteratorShape(ctx, value, about, "Map");
    if (isSetIterator(value)) return iteratorShape(ctx, value, about, "Set");
    if (typeof value === "function") return basedShape(functionBase(ctx, value, about), ownKeys(ctx, value));
    if (about.name === "Object") return plainShape(ctx, value, about);
    if (isRegExp(value)) return regExpShape(ctx, value, about);
    if (isDate(value)) return basedShape(dateBase(value, about), ownKeys(ctx, value));
    if (isError(value)) return errorShape(ctx, value, about);
    return binaryShape(ctx, value, about) ?? asyncShape(ctx, value, about) ?? boxedShape(ctx, value, about) ??
      otherShape(ctx, value, about);
  }

  function arrayShape(ctx, value, about) {
    const isPlain = about.name === "Array" && about.tag === "";
    const start = isPlain ? "" : prefix(about, "Array", `(${value.length})`);
    const shape = newShape(`${start}[`, "]", extraKeys(ctx, value));
    shape.isArray = true;
    shape.body = appendElements;
    if (value.length === 0 && shape.keys.length === 0) shape.whole = `${shape.open}]`;
    return shape;
  }

  function collectionShape(ctx, value, about, kind, size, body) {
    const start = prefix(about, kind, `(${size})`);
    const shape = newShape(`${start}{`, "}", ownKeys(ctx, value));
    shape.body = body;
    if (size === 0 && shape.keys.length === 0) shape.whole = `${start}{}`;
    return shape;
  }

  function typedArrayShape(ctx, value, about) {
    const kind = TypedArrayPrototypeGetSymbolToStringTag(value);
    const length = TypedArrayPrototypeGetLength(value);
    const start = prefix(about, about.name === null ? kind : "", `(${length})`);
    const shape = newShape(`${start}[`, "]", extraKeys(ctx, value));
    shape.isArray = true;
    shape.body = appendTypedElements;
    if (length === 0 && shape.keys.length === 0 && !ctx.showHidden) shape.whole = `${shape.open}]`;
    return shape;
  }

  function iteratorShape(ctx, value, about, kind) {
    let tag = about.tag;
    if (tag !== `${kind} Iterator`) tag = tag === "" ? `${kind} Iterator` : `${kind} Iterator] [${tag}`;
    const shape = newShape(`[${tag}] {`, "}", ownKeys(ctx, value));
    const preview = previewEntries(value, true);
    const entries = preview?.[0] ?? newList();
    const isKeyed = preview?.[1] === true;
    if (isKeyed) {
      const generic = ` Iterator] {`;
      if (StringPrototypeEndsWith(shape.open, generic)) {
        shape.open = `${StringPrototypeSlice(shape.open, 0, -generic.length)} Entries] {`;
      }
    }
    shape.body = (ctx, _value, level, list) =>
      isKeyed ? appendPairs(ctx, entries, level, list) : appendValues(ctx, entries, level, list);
    return shape;
  }

  function plainShape(ctx, value, about) {
    const keys = ownKeys(ctx, value);
    let open = "{";
    if (isArgumentsObject(value)) open = "[Arguments] {";
    else if (about.tag !== "") open = `${prefix(about, "Object", "")}{`;
    const shape = newShape(open, "}", keys);
    if (keys.length === 0) shape.whole = `${open}}`;
    return shape;
  }

  function otherShape(ctx, value, about) {
    const keys = ownKeys(ctx, value);
    const kind = isModuleNamespaceObject(value) ? "Module" : fallbackName(ctx, value, about);
    const shape = newShape(`${prefix(about, kind, "")}{`, "}", keys);
    if (kind === "Module") {
      shape.keys = newList();
      shape.body = (ctx, value, level, entries) => appendExports(ctx, value, level, keys, entries);
    } else if (keys.length === 0) {
      shape.whole = `${shape.open}}`;
    }
    return shape;
  }

  function regExpShape(ctx, value, about) {
    const start = prefix(about, "RegExp", "");
    const text = clip(ctx, regExpText(value));
    const shape = basedShape(start === "RegExp " ? text : `${start}${text}`, ownKeys(ctx, value));
    if (about.level > ctx.depth) shape.whole = shape.base;
    return shape;
  }

  /** `RegExp.prototype.toString` asks properties that a tenant can replace; the internal slots cannot lie. */
  function regExpText(value) {
    const flags = (RegExpPrototypeGetHasIndices(value) ? "d" : "") + (RegExpPrototypeGetGlobal(value) ? "g" : "") +
      (RegExpPrototypeGetIgnoreCase(value) ? "i" : "") + (RegExpPrototypeGetMultiline(value) ? "m" : "") +
      (RegExpPrototypeGetDotAll(value) ? "s" : "") + (RegExpPrototypeGetUnicode(value) ? "u" : "") +
      (RegExpPrototypeGetUnicodeSets(value) ? "v" : "") + (RegExpPrototypeGetSticky(value) ? "y" : "");
    return `/${RegExpPrototypeGetSource(value)}/${flags}`;
  }

  function dateBase(value, about) {
    const time = DatePrototypeGetTime(value);
    const text = time === time ? DatePrototypeToISOString(value) : "Invalid Date";
    const start = prefix(about, "Date", "");
    return start === "Date " ? text : `${start}${text}`;
  }

  function binaryShape(ctx, value, about) {
    if (isAnyArrayBuffer(value)) {
      const shape = newShape(`${prefix(about, "ArrayBuffer", "")}{`, "}", ownKeys(ctx, value));
      if (about.inTypedArray && shape.keys.length === 0) {
        shape.whole = `${shape.open} byteLength: ${ArrayBufferPrototypeGetByteLength(value)} }`;
      }
      shape.body = about.inTypedArray ? appendByteLength : appendBytes;
      return shape;
    }
    if (isDataView(value)) {
      const shape = newShape(`${prefix(about, "DataView", "")}{`, "}", ownKeys(ctx, value));
      shape.body = appendDataView;
      return shape;
    }
    return undefined;
  }

  function asyncShape(ctx, value, about) {
    let kind;
    let body;
    if (isPromise(value)) {
      kind = "Promise";
      body = appendPromise;
    } else if (isWeakSet(value)) {
      kind = "WeakSet";
      body = ctx.showHidden ? appendWeakSet : appendUnknown;
    } else if (isWeakMap(value)) {
      kind = "WeakMap";
      body = ctx.showHidden ? appendWeakMap : appendUnknown;
    } else {
      return undefined;
    }
    const shape = newShape(`${prefix(about, kind, "")}{`, "}", ownKeys(ctx, value));
    shape.body = body;
    return shape;
  }

  function boxedShape(ctx, value, about) {
    let kind;
    let primitive;
    if (isNumberObject(value)) {
      kind = "Number";
      primitive = NumberPrototypeValueOf(value);
    } else if (isStringObject(value)) {
      kind = "String";
      primitive = StringPrototypeValueOf(value);
    } else if (isBooleanObject(value)) {
      kind = "Boolean";
      primitive = BooleanPrototypeValueOf(value);
    } else if (isBigIntObject(value)) {
      kind = "BigInt";
      primitive = BigIntPrototypeValueOf(value);
    } else if (isSymbolObject(value)) {
      kind = "Symbol";
      primitive = SymbolPrototypeValueOf(value);
    } else {
      return undefined;
    }
    // The characters of a boxed string are own properties, but no news.
    const keys = kind === "String" ? extraKeys(ctx, value) : ownKeys(ctx, value);
    let base = `[${kind}`;
    if (about.name === null) base += " (null prototype)";
    else if (about.name !== kind) base += ` (${about.name})`;
    base += `: ${formatPrimitive(unindented(ctx), primitive)}]`;
    if (about.tag !== "" && about.tag !== about.name) base += ` [${about.tag}]`;
    return basedShape(base, keys);
  }

  function unindented(ctx) {
    const { maxStringLength, budget } = ctx;
    return { __proto__: null, maxStringLength, budget, breakLength: Infinity, indentation: 0 };
  }

  // ---- Functions ----

  function functionBase(ctx, value, about) {
    const source = FunctionPrototypeToString(value);
    if (isClassSource(source)) return classBase(ctx, value, about);
    let kind = "Function";
    if (isGeneratorFunction(value)) kind = `Generator${kind}`;
    if (isAsyncFunction(value)) kind = `Async${kind}`;
    let base = `[${kind}`;
    if (about.name === null) base += " (null prototype)";
    const name = readData(value, "name");
    base += isObject(name) || typeof name === "symbol" || name === "" ? " (anonymous)]" : `: ${clip(ctx, `${name}`)}]`;
    if (about.name !== kind && about.name !== null) base += ` ${about.name}`;
    if (about.tag !== "" && about.tag !== about.name) base += ` [${about.tag}]`;
    return base;
  }

  /** A class's source starts with the keyword; a function's cannot (`class` is reserved, `classy(){}` goes on). */
  function isClassSource(source) {
    if (!StringPrototypeStartsWith(source, "class") || !StringPrototypeEndsWith(source, "}")) return false;
    const code = StringPrototypeCharCodeAt(source, 5);
    const isNamePart = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) ||
      code === 95 || code === 36 || code === 40 || code === 92 || code > 0xff;
    if (isNamePart) return false;
    // A method called `class` is the one exception: `{ class (a) {} }`.
    let at = 5;
    while (at < source.length && isSpace(StringPrototypeCharCodeAt(source, at))) at++;
    return source[at] !== "(";
  }

  function isSpace(code) {
    return code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0x2028 || code === 0x2029 ||
      code === 0xfeff;
  }

  function classBase(ctx, value, about) {
    const own = ownDescriptor(value, "name")?.value;
    const name = typeof own === "string" && own !== "" ? clip(ctx, own) : "(anonymous)";
    let base = `class ${name}`;
    if (about.name !== "Function" && about.name !== null) base += ` [${about.name}]`;
    if (about.tag !== "" && about.tag !== about.name) base += ` [${about.tag}]`;
    if (about.name === null) return `[${base} extends [null prototype]]`;
    const parent = ObjectGetPrototypeOf(value);
    const parentName = parent === null ? undefined : readData(parent, "name");
    if (typeof parentName === "string" && parentName !== "") base += ` extends ${clip(ctx, parentName)}`;
    return `[${base}]`;
  }

  // ---- Errors ----

  function isError(value) {
    return isNativeError(value) || inheritsFrom(value, ErrorPrototype);
  }

  function errorShape(ctx, error, about) {
    const name = errorField(error, "name") ?? "Error";
    const message = errorField(error, "message") ?? "";
    const stack = stackText(ctx, error, name, message);
    const keys = errorKeys(ctx, error, stack);
    return basedShape(indentLines(framed(ctx, error, improvedStack(stack, about, name), message), ctx.indentation), keys);
  }

  function errorField(error, key) {
    const value = read(error, key);
    return value === undefined || value === null ? undefined : asText(value);
  }

  function asText(value) {
    try {
      return String(value);
    } catch {
      return undefined;
    }
  }

  function stackText(ctx, error, name, message) {
    const stack = read(error, "stack");
    if (stack) {
      try {
        return clip(ctx, String(stack));
      } catch {
        // Not a text: the head line is still known.
      }
    }
    if (name === "") return clip(ctx, message);
    return clip(ctx, message === "" ? name : `${name}: ${message}`);
  }

  /** The keys that the stack does not tell already, and the two that errors hide although they matter. */
  function errorKeys(ctx, error, stack) {
    const own = ownKeys(ctx, error);
    const keys = newList();
    for (let i = 0; i < own.length; i++) {
      const key = own[i];
      if (!ctx.showHidden && (key === "name" || key === "message" || key === "stack")) {
        const text = asText(read(error, key));
        if (text !== undefined && StringPrototypeIncludes(stack, text)) continue;
      }
      append(keys, key);
    }
    if (findDescriptor(error, "cause") !== undefined && !includes(keys, "cause")) append(keys, "cause");
    if (!includes(keys, "errors")) {
      const errors = read(error, "errors");
      if (isObject(errors) && !isProxy(errors) && ArrayIsArray(errors)) append(keys, "errors");
    }
    return keys;
  }

  /** Names the class when the stack does not: `class Foo extends Error` says only `Error: ...` there. */
  function improvedStack(stack, about, name) {
    const saysName = StringPrototypeEndsWith(name, "Error") && StringPrototypeStartsWith(stack, name) &&
      (stack.length === name.length || stack[name.length] === ":" || stack[name.length] === "\n");
    if (about.name !== null && !saysName) return stack;
    let length = name.length;
    let fallback = "Error";
    if (about.name === null) {
      const head = headName(stack);
      length = head.length;
      if (head !== "") fallback = head;
    }
    const wanted = StringPrototypeSlice(prefix(about, fallback, ""), 0, -1);
    if (name === wanted) return stack;
    const rest = StringPrototypeSlice(stack, length);
    if (!StringPrototypeIncludes(wanted, name)) return `${wanted} [${name}]${rest}`;
    return length === 0 ? `${wanted}: ${stack}` : `${wanted}${rest}`;
  }

  /** The name at the start of a stack, when it looks like one: capitalized and followed by `:` or the first frame. */
  function headName(stack) {
    let end = 0;
    while (end < stack.length && isHeadNamePart(StringPrototypeCharCodeAt(stack, end))) end++;
    const head = StringPrototypeSlice(stack, 0, end);
    const first = end > 0 ? StringPrototypeCharCodeAt(head, 0) : 0;
    const isCapitalized = end > 1 && first >= 65 && first <= 90;
    const rest = StringPrototypeSlice(stack, end, end + 16);
    if (isCapitalized && (rest[0] === ":" || StringPrototypeStartsWith(rest, "\n    at"))) return head;
    return end === stack.length && StringPrototypeEndsWith(head, "Error") && !StringPrototypeIncludes(head, " ") ? head : "";
  }

  function isHeadNamePart(code) {
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) ||
      code === 95 || code === 32 || code === 45 || code === 40 || code === 41 || code === 91 || code === 93;
  }

  /** Without frames the head line is put in brackets; with them, those that the cause repeats are left out. */
  function framed(ctx, error, stack, message) {
    let from = 0;
    if (message !== "") {
      const at = StringPrototypeIndexOf(stack, message);
      if (at > 0) from = at + message.length;
    }
    const start = StringPrototypeIndexOf(stack, "\n    at", from);
    if (start === -1) return `[${stack}]`;
    const frames = splitLines(StringPrototypeSlice(stack, start + 1));
    const head = StringPrototypeSlice(stack, 0, start);
    return `${head}\n${join(withoutCauseFrames(ctx, error, frames), "\n")}`;
  }

  function withoutCauseFrames(ctx, error, frames) {
    const cause = read(error, "cause");
    if (!isObject(cause) || isProxy(cause) || !isError(cause)) return frames;
    const stack = stackText(ctx, cause, errorField(cause, "name") ?? "Error", errorField(cause, "message") ?? "");
    const start = StringPrototypeIndexOf(stack, "\n    at");
    if (start === -1) return frames;
    const shared = sharedFrames(frames, splitLines(StringPrototypeSlice(stack, start + 1)));
    if (shared.count <= 3) return frames;
    const kept = newList();
    for (let i = 0; i < frames.length; i++) {
      if (i === shared.offset + 1) append(kept, `    ... ${shared.count - 2} lines matching cause stack trace ...`);
      if (i <= shared.offset || i >= shared.offset + shared.count - 1) append(kept, frames[i]);
    }
    return kept;
  }

  /** The first run of more than three frames that both stacks have. */
  function sharedFrames(frames, causeFrames) {
    const limit = MathMin(frames.length, FRAMES_COMPARED_MAX);
    const causeLimit = MathMin(causeFrames.length, FRAMES_COMPARED_MAX);
    for (let i = 0; i < limit - 3; i++) {
      for (let j = 0; j < causeLimit - 3; j++) {
        if (frames[i] !== causeFrames[j]) continue;
        let count = 1;
        while (i + count < limit && j + count < causeLimit && frames[i + count] === causeFrames[j + count]) count++;
        if (count > 3) return { __proto__: null, offset: i, count };
        break;
      }
    }
    return { __proto__: null, offset: 0, count: 0 };
  }

  // ---- Contents by kind ----

  function moreItems(count) {
    return `... ${count} more item${count > 1 ? "s" : ""}`;
  }

  function appendElements(ctx, value, level, entries) {
    const length = value.length;
    let index = 0;
    while (index < length && entries.length < ctx.maxArrayLength) {
      if (isExhausted(ctx, entries)) return;
      const descriptor = ownDescriptor(value, index);
      if (descriptor !== undefined) {
        ctx.spent += ctx.indentation + 2;
        append(entries, formatDescriptor(ctx, descriptor, level));
        index++;
      } else {
        const end = endOfHole(value, index, length);
        append(entries, `<${end - index} empty item${end - index > 1 ? "s" : ""}>`);
        index = end;
      }
    }
    if (index < length) append(entries, moreItems(length - index));
  }

  /**
   * The index of the next element that is there. A long gap is looked up among the keys instead of walked: an array
   * with 2^32 holes has few keys, and the walk would take minutes.
   */
  function endOfHole(value, from, length) {
    const scanEnd = MathMin(length, from + HOLES_SCANNED_MAX);
    for (let i = from; i < scanEnd; i++) if (ObjectHasOwn(value, i)) return i;
    if (scanEnd === length) return length;
    const keys = ObjectKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const index = Number(keys[i]);
      if (!(index < length)) break;
      if (index >= scanEnd) return index;
    }
    return length;
  }

  function appendTypedElements(ctx, value, level, entries) {
    const length = TypedArrayPrototypeGetLength(value);
    const shown = MathMin(ctx.maxArrayLength, length);
    for (let i = 0; i < shown; i++) {
      if (isExhausted(ctx, entries)) return;
      ctx.spent += 2;
      append(entries, charge(ctx, formatPrimitive(ctx, value[i])));
    }
    if (length > shown) append(entries, moreItems(length - shown));
    if (!ctx.showHidden) return;
    const isWide = StringPrototypeIncludes(TypedArrayPrototypeGetSymbolToStringTag(value), "64");
    const byteLength = TypedArrayPrototypeGetByteLength(value);
    append(entries, `[BYTES_PER_ELEMENT]: ${length > 0 ? byteLength / length : isWide ? 8 : elementSize(value)}`);
    append(entries, `[length]: ${length}`);
    append(entries, `[byteLength]: ${byteLength}`);
    append(entries, `[byteOffset]: ${TypedArrayPrototypeGetByteOffset(value)}`);
    ctx.indentation += 2;
    append(entries, `[buffer]: ${formatValue(ctx, TypedArrayPrototypeGetBuffer(value), level, true)}`);
    ctx.indentation -= 2;
  }

  function elementSize(value) {
    const tag = TypedArrayPrototypeGetSymbolToStringTag(value);
    if (StringPrototypeIncludes(tag, "32")) return 4;
    return StringPrototypeIncludes(tag, "16") ? 2 : 1;
  }

  function appendBytes(ctx, value, level, entries) {
    const hex = bytesText(ctx, value);
    if (hex === undefined) {
      append(entries, "(detached)");
    } else {
      append(entries, charge(ctx, `[Uint8Contents]: <${hex}>`));
    }
    appendByteLength(ctx, value, level, entries);
  }

  function bytesText(ctx, buffer) {
    let bytes;
    try {
      bytes = new Uint8Array(buffer);
    } catch {
      // Only a detached buffer refuses a view.
      return undefined;
    }
    const length = TypedArrayPrototypeGetLength(bytes);
    const shown = MathMin(ctx.maxArrayLength, length, ctx.budget);
    let text = "";
    for (let i = 0; i < shown; i++) {
      const digits = NumberPrototypeToString(bytes[i], 16);
      text += `${i > 0 ? " " : ""}${digits.length < 2 ? "0" : ""}${digits}`;
    }
    const remaining = length - shown;
    return remaining > 0 ? `${text} ... ${remaining} more byte${remaining > 1 ? "s" : ""}` : text;
  }

  function appendByteLength(ctx, value, _level, entries) {
    append(entries, charge(ctx, `byteLength: ${ArrayBufferPrototypeGetByteLength(value)}`));
  }

  function appendDataView(ctx, value, level, entries) {
    let byteLength = 0;
    let byteOffset = 0;
    try {
      byteLength = DataViewPrototypeGetByteLength(value);
      byteOffset = DataViewPrototypeGetByteOffset(value);
    } catch {
      // The getters throw once the buffer is detached: nothing is left then.
    }
    append(entries, charge(ctx, `byteLength: ${byteLength}`));
    append(entries, charge(ctx, `byteOffset: ${byteOffset}`));
    ctx.indentation += 2;
    append(entries, `buffer: ${formatValue(ctx, DataViewPrototypeGetBuffer(value), level, false)}`);
    ctx.indentation -= 2;
  }

  function appendSet(ctx, value, level, entries) {
    const size = SetPrototypeGetSize(value);
    const iterator = SetPrototypeValues(value);
    ctx.indentation += 2;
    let shown = 0;
    for (let step = SetIteratorPrototypeNext(iterator); !step.done; step = SetIteratorPrototypeNext(iterator)) {
      if (shown >= ctx.maxArrayLength || isExhausted(ctx, entries)) break;
      ctx.spent += ctx.indentation + 2;
      append(entries, formatValue(ctx, step.value, level, false));
      shown++;
    }
    ctx.indentation -= 2;
    if (shown >= ctx.maxArrayLength && size > shown) append(entries, moreItems(size - shown));
  }

  function appendMap(ctx, value, level, entries) {
    const size = MapPrototypeGetSize(value);
    const iterator = MapPrototypeEntries(value);
    ctx.indentation += 2;
    let shown = 0;
    for (let step = MapIteratorPrototypeNext(iterator); !step.done; step = MapIteratorPrototypeNext(iterator)) {
      if (shown >= ctx.maxArrayLength || isExhausted(ctx, entries)) break;
      ctx.spent += ctx.indentation + 6;
      const key = formatValue(ctx, step.value[0], level, false);
      append(entries, `${key} => ${formatValue(ctx, step.value[1], level, false)}`);
      shown++;
    }
    ctx.indentation -= 2;
    if (shown >= ctx.maxArrayLength && size > shown) append(entries, moreItems(size - shown));
  }

  function appendValues(ctx, values, level, entries) {
    const shown = MathMin(values.length, ctx.maxArrayLength);
    ctx.indentation += 2;
    for (let i = 0; i < shown; i++) {
      if (isExhausted(ctx, entries)) break;
      append(entries, formatValue(ctx, values[i], level, false));
    }
    ctx.indentation -= 2;
    if (values.length > shown) append(entries, moreItems(values.length - shown));
  }

  /** Keys and values alternate in `flat`: the entries of an iterator, each shown as a pair. */
  function appendPairs(ctx, flat, level, entries) {
    const pairs = flat.length / 2;
    const shown = MathMin(pairs, ctx.maxArrayLength);
    ctx.indentation += 2;
    for (let i = 0; i < shown; i++) {
      if (isExhausted(ctx, entries)) break;
      const pair = newList();
      append(pair, formatValue(ctx, flat[2 * i], level, false));
      append(pair, formatValue(ctx, flat[2 * i + 1], level, false));
      append(entries, layout(ctx, pair, newShape("[", "]", newList()), level, undefined, true));
    }
    ctx.indentation -= 2;
    if (pairs > shown) append(entries, moreItems(pairs - shown));
  }

  function appendUnknown(ctx, _value, _level, entries) {
    append(entries, charge(ctx, "<items unknown>"));
  }

  function appendWeakSet(ctx, value, level, entries) {
    appendValues(ctx, previewEntries(value, false) ?? newList(), level, entries);
  }

  function appendWeakMap(ctx, value, level, entries) {
    const flat = previewEntries(value, false) ?? newList();
    const pairs = flat.length / 2;
    const shown = MathMin(pairs, ctx.maxArrayLength);
    ctx.indentation += 2;
    for (let i = 0; i < shown; i++) {
      if (isExhausted(ctx, entries)) break;
      const key = formatValue(ctx, flat[2 * i], level, false);
      append(entries, `${key} => ${formatValue(ctx, flat[2 * i + 1], level, false)}`);
    }
    ctx.indentation -= 2;
    if (pairs > shown) append(entries, moreItems(pairs - shown));
  }

  function appendPromise(ctx, value, level, entries) {
    let details;
    try {
      details = getPromiseDetails(value);
    } catch {
      details = newList();
    }
    // As with proxies: slots that a setter on Array.prototype has caught are not there.
    const state = ownDescriptor(details, 0)?.value;
    if (state === PENDING || state === undefined) {
      append(entries, charge(ctx, state === PENDING ? "<pending>" : "<unknown>"));
      return;
    }
    ctx.indentation += 2;
    const result = formatValue(ctx, ownDescriptor(details, 1)?.value, level, false);
    ctx.indentation -= 2;
    append(entries, state === REJECTED ? `<rejected> ${result}` : result);
  }

  function appendExports(ctx, value, level, keys, entries) {
    for (let i = 0; i < keys.length; i++) {
      if (isExhausted(ctx, entries)) return;
      try {
        append(entries, formatProperty(ctx, value, level, keys[i], undefined));
      } catch {
        // Reading a binding before its initialization throws.
        append(entries, charge(ctx, `${propertyName(ctx, keys[i], true)}: <uninitialized>`));
      }
    }
  }

  // ---- Layout ----

  /** Joins the entries of one object: on one line if it is short and shallow enough, else one per line. */
  function layout(ctx, entries, shape, level, value, isArray) {
    const count = entries.length;
    const lead = shape.base === "" ? "" : `${shape.base} `;
    if (ctx.compact >= 1) {
      const lines = isArray && count > 6 ? columns(ctx, entries, value) : entries;
      const isGrouped = lines !== entries;
      if (ctx.deepest - level < ctx.compact && !isGrouped) {
        const start = count + ctx.indentation + shape.open.length + shape.base.length + 10;
        if (fitsOnLine(ctx, entries, start, shape.base)) {
          const joined = join(entries, ", ");
          if (!StringPrototypeIncludes(joined, "\n")) return `${lead}${shape.open} ${joined} ${shape.close}`;
        }
      }
      entries = lines;
    }
    const indent = `\n${StringPrototypeRepeat(" ", ctx.indentation)}`;
    return `${lead}${shape.open}${indent}  ${join(entries, `,${indent}  `)}${indent}${shape.close}`;
  }

  function fitsOnLine(ctx, entries, start, base) {
    let total = entries.length + start;
    for (let i = 0; i < entries.length; i++) {
      total += entries[i].length;
      if (total > ctx.breakLength) return false;
    }
    return total <= ctx.breakLength && (base === "" || !StringPrototypeIncludes(base, "\n"));
  }

  /** Puts the many short entries of an array into columns of equal width; numbers are aligned to the right. */
  function columns(ctx, entries, value) {
    const hasMore = ctx.maxArrayLength < entries.length;
    const count = hasMore ? entries.length - 1 : entries.length;
    const widths = newList();
    let total = 0;
    let widest = 0;
    for (let i = 0; i < count; i++) {
      append(widths, displayWidth(entries[i]));
      total += widths[i] + 2;
      widest = MathMax(widest, widths[i]);
    }
    const cell = widest + 2;
    const isWorthIt = cell * 3 + ctx.indentation < ctx.breakLength && (total / cell > 5 || widest <= 6);
    if (!isWorthIt) return entries;
    // A cell is about two and a half times as high as wide; the square of that shape reads best. Never more than 15.
    const bias = MathSqrt(cell - total / entries.length);
    const biasedCell = MathMax(cell - 3 - bias, 1);
    const perRow = MathMin(
      MathRound(MathSqrt(2.5 * biasedCell * count) / biasedCell),
      MathFloor((ctx.breakLength - ctx.indentation) / cell),
      ctx.compact * 4,
      15,
    );
    if (perRow <= 1) return entries;
    const pad = isNumeric(value, entries.length) ? StringPrototypePadStart : StringPrototypePadEnd;
    const rows = newList();
    for (let from = 0; from < count; from += perRow) {
      append(rows, row(entries, widths, from, MathMin(from + perRow, count), perRow, pad));
    }
    if (hasMore) append(rows, entries[count]);
    return rows;
  }

  function row(entries, widths, from, to, perRow, pad) {
    let text = "";
    for (let i = from; i < to; i++) {
      // Padding counts code units, columns count what is seen.
      const length = columnWidth(widths, i - from, perRow) + entries[i].length - widths[i];
      const isLast = i === to - 1;
      if (!isLast) text += pad(`${entries[i]}, `, length + 2, " ");
      else text += pad === StringPrototypePadStart ? pad(entries[i], length, " ") : entries[i];
    }
    return text;
  }

  function columnWidth(widths, column, perRow) {
    let width = 0;
    for (let i = column; i < widths.length; i += perRow) width = MathMax(width, widths[i]);
    return width;
  }

  /** How many cells a terminal gives the text: none to control and combining characters, two to East Asian ones. */
  function displayWidth(text) {
    let width = 0;
    for (let i = 0; i < text.length; i++) {
      let code = StringPrototypeCharCodeAt(text, i);
      if (code >= 0xd800 && code <= 0xdbff && i + 1 < text.length) {
        code = (code - 0xd800) * 0x400 + (StringPrototypeCharCodeAt(text, ++i) - 0xdc00) + 0x10000;
      }
      if (code >= 32 && code < 127) width += 1;
      else if (isWide(code)) width += 2;
      else if (!isZeroWidth(code)) width += 1;
    }
    return width;
  }

  function isZeroWidth(code) {
    return code < 32 || (code >= 127 && code < 160) || (code >= 0x300 && code <= 0x36f) ||
      (code >= 0x200b && code <= 0x200f) || (code >= 0x20d0 && code <= 0x20ff) || (code >= 0xfe00 && code <= 0xfe0f) ||
      (code >= 0xfe20 && code <= 0xfe2f) || (code >= 0xe0100 && code <= 0xe01ef);
  }

  function isWide(code) {
    return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0x3247 && code !== 0x303f) ||
      (code >= 0x3250 && code <= 0x4dbf) || (code >= 0x4e00 && code <= 0xa4c6) || (code >= 0xa960 && code <= 0xa97c) ||
      (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6b) ||
      (code >= 0xff01 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1f64f) ||
      (code >= 0x1f900 && code <= 0x1f9ff) || (code >= 0x20000 && code <= 0x3fffd);
  }

  function isNumeric(value, count) {
    if (value === undefined) return true;
    for (let i = 0; i < count; i++) {
      const element = ownDescriptor(value, i)?.value;
      if (typeof element !== "number" && typeof element !== "bigint") return false;
    }
    return true;
  }

  return { inspect, format };
})();
