// Keeps V8's array builtins interruptible. A builtin that loops in C++ or Torque does not look at a requested
// termination: `Array.prototype.lastIndexOf.call({ length: 2 ** 53 - 1 }, 1)` never returns, and sorting such an object
// ends the whole process. `install` replaces each of them by a function of the same name, length and meaning. Real
// arrays of ordinary length go to the original; everything else runs as a plain JavaScript loop, whose back edge is
// where V8 checks for termination.
//
// The loops follow the language's algorithms step by step (order of property reads, holes, species, coercions), because
// the tenant can see each step through getters and proxies.
(function () {
  "use strict";
  const { core, primordials } = __bootstrap;
  const {
    Array,
    ArrayIsArray,
    ArrayPrototype,
    FunctionPrototypeCall,
    MathMax,
    MathMin,
    MathTrunc,
    NumberMAX_SAFE_INTEGER: LENGTH_MAX,
    Object,
    ObjectDefineProperty,
    ObjectGetPrototypeOf,
    ObjectIs,
    ObjectSetPrototypeOf,
    Proxy,
    RangeError,
    ReflectApply,
    ReflectConstruct,
    ReflectHas,
    SymbolIsConcatSpreadable,
    SymbolIterator,
    SymbolSpecies,
    TypeError,
    TypedArrayPrototypeGetBuffer,
    TypedArrayPrototypeGetByteLength,
    TypedArrayPrototypeGetByteOffset,
    TypedArrayPrototypeGetLength,
    TypedArrayPrototypeGetSymbolToStringTag,
    TypedArrayPrototypeSet,
    Uint8Array,
  } = primordials;
  const { isProxy } = core;
  const { replace } = core.loadExtScript("ext:vestibule/01_properties.js");

  // Up to this length a real array goes to the original: even with every element looked up slowly that is under 0.1 s.
  const ELEMENTS_MAX = 1000000;
  // Moving is one memmove in a packed array, so that a long queue stays fast; slowly it is still under 1 s.
  const MOVED_ELEMENTS_MAX = 5000000;
  // Without a comparator one step compares two strings of any length.
  const SORTED_ELEMENTS_MAX = 10000;
  const COMPARED_CHARS_MAX = 1000;
  const ARRAY_LENGTH_MAX = 4294967295;
  const CONSTRUCTED_ITEMS_MAX = 5000;
  const TYPED_ARRAYS = [
    "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array",
    "BigUint64Array", "Float16Array", "Float32Array", "Float64Array",
  ];

  /**
   * Replaces the builtins of `target`, a global object. `limits` is for tests, which need the loops to run on small
   * arrays: `{ elements, movedElements, sortedElements }`.
   */
  function install(target, limits) {
    const elementsMax = limits?.elements ?? ELEMENTS_MAX;
    const movedMax = limits?.movedElements ?? MOVED_ELEMENTS_MAX;
    const sortedMax = limits?.sortedElements ?? SORTED_ELEMENTS_MAX;
    const prototype = target.Array.prototype;
    // Constants one by one, so that V8 can inline a guard and the original behind it.
    const {
      concat: nativeConcat,
      copyWithin: nativeCopyWithin,
      every: nativeEvery,
      fill: nativeFill,
      filter: nativeFilter,
      find: nativeFind,
      findIndex: nativeFindIndex,
      findLast: nativeFindLast,
      findLastIndex: nativeFindLastIndex,
      flat: nativeFlat,
      flatMap: nativeFlatMap,
      forEach: nativeForEach,
      includes: nativeIncludes,
      indexOf: nativeIndexOf,
      join: nativeJoin,
      lastIndexOf: nativeLastIndexOf,
      map: nativeMap,
      reduce: nativeReduce,
      reduceRight: nativeReduceRight,
      reverse: nativeReverse,
      shift: nativeShift,
      slice: nativeSlice,
      some: nativeSome,
      sort: nativeSort,
      splice: nativeSplice,
      toLocaleString: nativeToLocaleString,
      toReversed: nativeToReversed,
      toSorted: nativeToSorted,
      toSpliced: nativeToSpliced,
      unshift: nativeUnshift,
      with: nativeWith,
    } = prototype;
    const names = [
      "concat", "copyWithin", "every", "fill", "filter", "find", "findIndex", "findLast", "findLastIndex", "flat", "flatMap",
      "forEach", "includes", "indexOf", "join", "lastIndexOf", "map", "reduce", "reduceRight", "reverse", "shift", "slice",
      "some", "sort", "splice", "toLocaleString", "toReversed", "toSorted", "toSpliced", "unshift", "with",
    ];
    const nativeFrom = target.Array.from;

    const isShort = (value) => ArrayIsArray(value) && !isProxy(value) && value.length <= elementsMax;
    const isShortMove = (value) => ArrayIsArray(value) && !isProxy(value) && value.length <= movedMax;

    // Methods, because these have neither a prototype nor a constructor behaviour, as builtins have not.
    const guarded = {
      __proto__: null,
      concat(item) {
        return isShortMove(this) && areShortLists(arguments, movedMax)
          ? ReflectApply(nativeConcat, this, arguments)
          : concat(checked(nativeConcat, this), arguments);
      },
      copyWithin(to, start) {
        return isShort(this)
          ? ReflectApply(nativeCopyWithin, this, arguments)
          : copyWithin(checked(nativeCopyWithin, this), to, start, arguments[2]);
      },
      every(callback) {
        return isShort(this) ? ReflectApply(nativeEvery, this, arguments) : every(nativeEvery, this, callback, arguments[1]);
      },
      fill(value) {
        return isShort(this)
          ? ReflectApply(nativeFill, this, arguments)
          : fill(checked(nativeFill, this), value, arguments[1], arguments[2]);
      },
      filter(callback) {
        return isShort(this) ? ReflectApply(nativeFilter, this, arguments) : filter(nativeFilter, this, callback, arguments[1]);
      },
      find(callback) {
        return isShort(this)
          ? ReflectApply(nativeFind, this, arguments)
          : search(nativeFind, this, callback, arguments[1], true).value;
      },
      findIndex(callback) {
        return isShort(this)
          ? ReflectApply(nativeFindIndex, this, arguments)
          : search(nativeFindIndex, this, callback, arguments[1], true).index;
      },
      findLast(callback) {
        return isShort(this)
          ? ReflectApply(nativeFindLast, this, arguments)
          : search(nativeFindLast, this, callback, arguments[1], false).value;
      },
      findLastIndex(callback) {
        return isShort(this)
          ? ReflectApply(nativeFindLastIndex, this, arguments)
          : search(nativeFindLastIndex, this, callback, arguments[1], false).index;
      },
      // What is flattened may be short and hold long, shared lists: the original is never safe.
      flat() {
        return flat(checked(nativeFlat, this), arguments[0]);
      },
      flatMap(callback) {
        return flatMap(nativeFlatMap, this, callback, arguments[1]);
      },
      forEach(callback) {
        return isShort(this) ? ReflectApply(nativeForEach, this, arguments) : forEach(nativeForEach, this, callback, arguments[1]);
      },
      includes(item) {
        return isShort(this) && !isLongText(item)
          ? ReflectApply(nativeIncludes, this, arguments)
          : includes(checked(nativeIncludes, this), item, arguments[1]);
      },
      indexOf(item) {
        return isShort(this) && !isLongText(item)
          ? ReflectApply(nativeIndexOf, this, arguments)
          : indexOf(checked(nativeIndexOf, this), item, arguments[1]);
      },
      join(separator) {
        return isShort(this)
          ? ReflectApply(nativeJoin, this, arguments)
          : joined(checked(nativeJoin, this), separator, false);
      },
      lastIndexOf(item) {
        return isShort(this) && !isLongText(item)
          ? ReflectApply(nativeLastIndexOf, this, arguments)
          : lastIndexOf(checked(nativeLastIndexOf, this), item, arguments.length > 1, arguments[1]);
      },
      map(callback) {
        return isShort(this) ? ReflectApply(nativeMap, this, arguments) : map(nativeMap, this, callback, arguments[1]);
      },
      reduce(callback) {
        return isShort(this)
          ? ReflectApply(nativeReduce, this, arguments)
          : reduce(nativeReduce, this, callback, arguments.length > 1, arguments[1], true);
      },
      reduceRight(callback) {
        return isShort(this)
          ? ReflectApply(nativeReduceRight, this, arguments)
          : reduce(nativeReduceRight, this, callback, arguments.length > 1, arguments[1], false);
      },
      reverse() {
        return isShort(this) ? ReflectApply(nativeReverse, this, arguments) : reverse(checked(nativeReverse, this));
      },
      shift() {
        return isShortMove(this) ? ReflectApply(nativeShift, this, arguments) : shift(checked(nativeShift, this));
      },
      slice(start, end) {
        return isShortMove(this)
          ? ReflectApply(nativeSlice, this, arguments)
          : slice(checked(nativeSlice, this), start, end);
      },
      some(callback) {
        return isShort(this) ? ReflectApply(nativeSome, this, arguments) : some(nativeSome, this, callback, arguments[1]);
      },
      sort(comparator) {
        return isShort(this) && (comparator !== undefined || this.length <= sortedMax)
          ? ReflectApply(nativeSort, this, arguments)
          : sort(nativeSort, this, comparator);
      },
      splice(start, deleteCount) {
        return isShortMove(this)
          ? ReflectApply(nativeSplice, this, arguments)
          : splice(checked(nativeSplice, this), arguments);
      },
      toLocaleString() {
        return isShort(this)
          ? ReflectApply(nativeToLocaleString, this, arguments)
          : joined(checked(nativeToLocaleString, this), undefined, true, arguments);
      },
      toReversed() {
        return isShort(this) ? ReflectApply(nativeToReversed, this, arguments) : toReversed(checked(nativeToReversed, this));
      },
      toSorted(comparator) {
        return isShort(this) && (comparator !== undefined || this.length <= sortedMax)
          ? ReflectApply(nativeToSorted, this, arguments)
          : toSorted(nativeToSorted, this, comparator);
      },
      toSpliced(start, skipCount) {
        return isShort(this)
          ? ReflectApply(nativeToSpliced, this, arguments)
          : toSpliced(checked(nativeToSpliced, this), arguments);
      },
      unshift(item) {
        return isShortMove(this)
          ? ReflectApply(nativeUnshift, this, arguments)
          : unshift(checked(nativeUnshift, this), arguments);
      },
      with(index, value) {
        return isShort(this)
          ? ReflectApply(nativeWith, this, arguments)
          : withItem(checked(nativeWith, this), index, value);
      },
      from(items) {
        return this === Array && (typeof items === "string" ? items.length <= elementsMax : isShort(items))
          ? ReflectApply(nativeFrom, this, arguments)
          : from(nativeFrom, this, items, arguments[1], arguments[2]);
      },
    };
    for (let i = 0; i < names.length; i++) replace(prototype, names[i], guarded[names[i]]);
    replace(target.Array, "from", guarded.from);
    installTyped(target, elementsMax, isShort);
  }

  /** The same for typed arrays: what loops over elements one by one or sorts them. The rest is memmove and memset. */
  function installTyped(target, elementsMax, isShort) {
    const constructors = { __proto__: null };
    for (let i = 0; i < TYPED_ARRAYS.length; i++) constructors[TYPED_ARRAYS[i]] = target[TYPED_ARRAYS[i]];
    const holder = ObjectGetPrototypeOf(constructors.Uint8Array);
    const { prototype } = holder;
    const { from: nativeFrom } = holder;
    const { set: nativeSet, sort: nativeSort, toSorted: nativeToSorted } = prototype;
    const sortsItself = (value, comparator) => {
      const kind = TypedArrayPrototypeGetSymbolToStringTag(value);
      return comparator !== undefined || kind === undefined || constructors[kind] === undefined ||
        TypedArrayPrototypeGetLength(value) <= elementsMax;
    };
    const guarded = {
      __proto__: null,
      set(source) {
        const isOrdinary = !isObject(source) || isShort(source) ||
          TypedArrayPrototypeGetSymbolToStringTag(source) !== undefined ||
          TypedArrayPrototypeGetSymbolToStringTag(this) === undefined;
        return isOrdinary ? ReflectApply(nativeSet, this, arguments) : setItems(nativeSet, this, source, arguments[1]);
      },
      sort(comparator) {
        return sortsItself(this, comparator)
          ? ReflectApply(nativeSort, this, arguments)
          : sortInRuns(this, constructors, nativeSort, elementsMax);
      },
      toSorted(comparator) {
        if (sortsItself(this, comparator)) return ReflectApply(nativeToSorted, this, arguments);
        const copy = new constructors[TypedArrayPrototypeGetSymbolToStringTag(this)](TypedArrayPrototypeGetLength(this));
        ReflectApply(nativeSet, copy, [this]);
        return sortInRuns(copy, constructors, nativeSort, elementsMax);
      },
      from(source) {
        const isOrdinary = source === null || source === undefined || isShort(source) ||
          (typeof source === "string" && source.length <= elementsMax);
        return isOrdinary
          ? ReflectApply(nativeFrom, this, arguments)
          : typedFrom(nativeFrom, this, source, arguments[1], arguments[2]);
      },
    };
    replace(prototype, "set", guarded.set);
    replace(prototype, "sort", guarded.sort);
    replace(prototype, "toSorted", guarded.toSorted);
    replace(holder, "from", guarded.from);
  }

  // ---- The language's abstract operations ----

  /** `this` as an object; for null and undefined the original throws with its own words. */
  function checked(original, value) {
    if (value === null || value === undefined) ReflectApply(original, value, []);
    return Object(value);
  }

  /** The original says best what is wrong with a callback; on an empty list it does nothing else. */
  function checkCallback(original, callback) {
    if (typeof callback !== "function") ReflectApply(original, [], [callback]);
  }

  function toInteger(value) {
    const number = MathTrunc(+value);
    // Also turns -0 and NaN into 0.
    return number || 0;
  }

  function lengthOf(object) {
    return MathMin(MathMax(toInteger(object.length), 0), LENGTH_MAX);
  }

  function relativeIndex(value, length) {
    const index = toInteger(value);
    return index < 0 ? MathMax(length + index, 0) : MathMin(index, length);
  }

  function endIndex(value, length) {
    return value === undefined ? length : relativeIndex(value, length);
  }

  function isObject(value) {
    return (typeof value === "object" && value !== null) || typeof value === "function";
  }

  function createItem(object, index, value) {
    ObjectDefineProperty(object, index, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  }

  function newArray(length) {
    if (length > ARRAY_LENGTH_MAX) throw new RangeError("Invalid array length");
    return new Array(length);
  }

  /** The constructor that a method's result shall have; `undefined` when that is Array's own. */
  function speciesOf(object) {
    if (!ArrayIsArray(object)) return undefined;
    let constructor = object.constructor;
    if (isObject(constructor)) {
      constructor = constructor[SymbolSpecies];
      if (constructor === null) constructor = undefined;
    }
    return constructor === Array ? undefined : constructor;
  }

  function newLike(object, length) {
    const species = speciesOf(object);
    return species === undefined ? newArray(length) : new species(length);
  }

  /** Where the items of a result of unknown length go, one after the other. */
  function newCollector(object) {
    const species = speciesOf(object);
    const list = species === undefined ? newList() : undefined;
    return { __proto__: null, list, result: species === undefined ? undefined : new species(0), count: 0 };
  }

  function collect(collector, item) {
    if (collector.list !== undefined) append(collector.list, item);
    else createItem(collector.result, collector.count++, item);
  }

  function collected(collector) {
    return collector.list === undefined ? collector.result : toArray(collector.list);
  }

  function isConstructor(value) {
    if (typeof value !== "function") return false;
    try {
      // A Proxy can be constructed if its target can; the trap answers before anything of the target runs.
      new (new Proxy(value, { __proto__: null, construct: () => ({}) }))();
      return true;
    } catch {
      return false;
    }
  }

  function isLongText(value) {
    return typeof value === "string" && value.length > COMPARED_CHARS_MAX;
  }

  function areShortLists(items, lengthMax) {
    for (let i = 0; i < items.length; i++) {
      if (!isObject(items[i])) continue;
      if (!ArrayIsArray(items[i]) || isProxy(items[i]) || items[i].length > lengthMax) return false;
    }
    return true;
  }

  /** A list that no setter on `Array.prototype` can reach: an array without prototype. */
  function newList() {
    return ObjectSetPrototypeOf([], null);
  }

  function append(list, item) {
    list[list.length] = item;
  }

  /** The list as an ordinary array. Constructing a new one is the fastest way, as far as the stack has room. */
  function toArray(list) {
    if (list.length > 1 && list.length <= CONSTRUCTED_ITEMS_MAX) return ReflectConstruct(Array, list);
    return ObjectSetPrototypeOf(list, ArrayPrototype);
  }

  // ---- Callbacks ----

  function every(original, self, callback, thisArg) {
    const object = checked(original, self);
    const length = lengthOf(object);
    checkCallback(original, callback);
    for (let i = 0; i < length; i++) {
      if (ReflectHas(object, i) && !FunctionPrototypeCall(callback, thisArg, object[i], i, object)) return false;
    }
    return true;
  }

  function some(original, self, callback, thisArg) {
    const object = checked(original, self);
    const length = lengthOf(object);
    checkCallback(original, callback);
    for (let i = 0; i < length; i++) {
      if (ReflectHas(object, i) && FunctionPrototypeCall(callback, thisArg, object[i], i, object)) return true;
    }
    return false;
  }

  function forEach(original, self, callback, thisArg) {
    const object = checked(original, self);
    const length = lengthOf(object);
    checkCallback(original, callback);
    for (let i = 0; i < length; i++) {
      if (ReflectHas(object, i)) FunctionPrototypeCall(callback, thisArg, object[i], i, object);
    }
  }

  function map(original, self, callback, thisArg) {
    const object = checked(original, self);
    const length = lengthOf(object);
    checkCallback(original, callback);
    const result = newLike(object, length);
    for (let i = 0; i < length; i++) {
      if (ReflectHas(object, i)) createItem(result, i, FunctionPrototypeCall(callback, thisArg, object[i], i, object));
    }
    return result;
  }

  function filter(original, self, callback, thisArg) {
    const object = checked(original, self);
    const length = lengthOf(object);
    checkCallback(original, callback);
    const result = newLike(object, 0);
    let count = 0;
    for (let i = 0; i < length; i++) {
      if (!ReflectHas(object, i)) continue;
      const item = object[i];
      if (FunctionPrototypeCall(callback, thisArg, item, i, object)) createItem(result, count++, item);
    }
    return result;
  }

  function search(original, self, callback, thisArg, isForward) {
    const object = checked(original, self);
    const length = lengthOf(object);
    checkCallback(original, callback);
    for (let step = 0; step < length; step++) {
      const index = isForward ? step : length - 1 - step;
      const value = object[index];
      if (FunctionPrototypeCall(callback, thisArg, value, index, object)) return { __proto__: null, value, index };
    }
    return { __proto__: null, value: undefined, index: -1 };
  }

  function reduce(original, self, callback, hasInitial, initial, isForward) {
    const object = checked(original, self);
    const length = lengthOf(object);
    checkCallback(original, callback);
    let hasResult = hasInitial;
    let result = initial;
    for (let step = 0; step < length; step++) {
      const index = isForward ? step : length - 1 - step;
      if (!ReflectHas(object, index)) continue;
      const item = object[index];
      result = hasResult ? FunctionPrototypeCall(callback, undefined, result, item, index, object) : item;
      hasResult = true;
    }
    // The original throws for an empty list without an initial value.
    return hasResult ? result : ReflectApply(original, [], [callback]);
  }

  // ---- Search ----

  function includes(object, item, from) {
    const length = lengthOf(object);
    if (length === 0) return false;
    for (let i = relativeIndex(from, length); i < length; i++) {
      const value = object[i];
      if (value === item || (value !== value && item !== item)) return true;
    }
    return false;
  }

  function indexOf(object, item, from) {
    const length = lengthOf(object);
    if (length === 0) return -1;
    for (let i = relativeIndex(from, length); i < length; i++) {
      if (ReflectHas(object, i) && object[i] === item) return i;
    }
    return -1;
  }

  function lastIndexOf(object, item, hasFrom, from) {
    const length = lengthOf(object);
    if (length === 0) return -1;
    const start = hasFrom ? toInteger(from) : length - 1;
    for (let i = start < 0 ? length + start : MathMin(start, length - 1); i >= 0; i--) {
      if (ReflectHas(object, i) && object[i] === item) return i;
    }
    return -1;
  }

  // ---- Text ----

  // A list that contains itself is shown as nothing inside itself, as V8 does.
  const joining = newList();

  function joined(object, separator, isLocal, args) {
    for (let i = 0; i < joining.length; i++) if (joining[i] === object) return "";
    append(joining, object);
    try {
      const length = lengthOf(object);
      const between = separator === undefined ? "," : `${separator}`;
      let text = "";
      for (let i = 0; i < length; i++) {
        if (i > 0) text += between;
        const item = object[i];
        if (item === undefined || item === null) continue;
        text += isLocal ? `${item.toLocaleString(args[0], args[1])}` : `${item}`;
      }
      return text;
    } finally {
      joining.length -= 1;
    }
  }

  // ---- In place ----

  function fill(object, value, start, end) {
    const length = lengthOf(object);
    const from = relativeIndex(start, length);
    const to = endIndex(end, length);
    for (let i = from; i < to; i++) object[i] = value;
    return object;
  }

  function moveItem(object, from, to) {
    if (ReflectHas(object, from)) object[to] = object[from];
    else delete object[to];
  }

  function copyWithin(object, target, start, end) {
    const length = lengthOf(object);
    const to = relativeIndex(target, length);
    const from = relativeIndex(start, length);
    const count = MathMin(endIndex(end, length) - from, length - to);
    const isForward = !(from < to && to < from + count);
    for (let step = 0; step < count; step++) {
      const offset = isForward ? step : count - 1 - step;
      moveItem(object, from + offset, to + offset);
    }
    return object;
  }

  function reverse(object) {
    const length = lengthOf(object);
    const middle = MathTrunc(length / 2);
    for (let low = 0; low < middle; low++) {
      const high = length - 1 - low;
      let lowItem;
      let highItem;
      const hasLow = ReflectHas(object, low);
      if (hasLow) lowItem = object[low];
      const hasHigh = ReflectHas(object, high);
      if (hasHigh) highItem = object[high];
      if (hasHigh) object[low] = highItem;
      else if (hasLow) delete object[low];
      if (hasLow) object[high] = lowItem;
      else if (hasHigh) delete object[high];
    }
    return object;
  }

  function shift(object) {
    const length = lengthOf(object);
    if (length === 0) {
      object.length = 0;
      return undefined;
    }
    const first = object[0];
    for (let i = 1; i < length; i++) moveItem(object, i, i - 1);
    delete object[length - 1];
    object.length = length - 1;
    return first;
  }

  function unshift(object, items) {
    const length = lengthOf(object);
    const count = items.length;
    if (count > 0) {
      if (length + count > LENGTH_MAX) throw new TypeError("Invalid array length");
      for (let i = length - 1; i >= 0; i--) moveItem(object, i, i + count);
      for (let i = 0; i < count; i++) object[i] = items[i];
    }
    object.length = length + count;
    return length + count;
  }

  function splice(object, args) {
    const length = lengthOf(object);
    const start = relativeIndex(args[0], length);
    const added = MathMax(args.length - 2, 0);
    let removed = 0;
    if (args.length === 1) removed = length - start;
    else if (args.length > 1) removed = MathMin(MathMax(toInteger(args[1]), 0), length - start);
    if (length + added - removed > LENGTH_MAX) throw new TypeError("Invalid array length");
    const result = newLike(object, removed);
    for (let i = 0; i < removed; i++) if (ReflectHas(object, start + i)) createItem(result, i, object[start + i]);
    result.length = removed;
    if (added < removed) {
      for (let i = start; i < length - removed; i++) moveItem(object, i + removed, i + added);
      for (let i = length; i > length - removed + added; i--) delete object[i - 1];
    } else if (added > removed) {
      for (let i = length - removed; i > start; i--) moveItem(object, i + removed - 1, i + added - 1);
    }
    for (let i = 0; i < added; i++) object[start + i] = args[i + 2];
    object.length = length - removed + added;
    return result;
  }

  // ---- New lists ----

  function slice(object, start, end) {
    const length = lengthOf(object);
    const from = relativeIndex(start, length);
    const to = endIndex(end, length);
    const result = newLike(object, MathMax(to - from, 0));
    let count = 0;
    for (let i = from; i < to; i++, count++) if (ReflectHas(object, i)) createItem(result, count, object[i]);
    result.length = count;
    return result;
  }

  function concat(object, args) {
    const result = newLike(object, 0);
    let count = 0;
    for (let a = -1; a < args.length; a++) {
      const item = a === -1 ? object : args[a];
      if (!isSpreadable(item)) {
        if (count >= LENGTH_MAX) throw new TypeError("Invalid array length");
        createItem(result, count++, item);
        continue;
      }
      const length = lengthOf(item);
      if (count + length > LENGTH_MAX) throw new TypeError("Invalid array length");
      for (let i = 0; i < length; i++, count++) if (ReflectHas(item, i)) createItem(result, count, item[i]);
    }
    result.length = count;
    return result;
  }

  function isSpreadable(value) {
    if (!isObject(value)) return false;
    const spreadable = value[SymbolIsConcatSpreadable];
    return spreadable === undefined ? ArrayIsArray(value) : !!spreadable;
  }

  function flat(object, depth) {
    const length = lengthOf(object);
    const levels = depth === undefined ? 1 : toInteger(depth);
    const collector = newCollector(object);
    flattenInto(collector, object, length, levels);
    return collected(collector);
  }

  function flatMap(original, self, callback, thisArg) {
    const object = checked(original, self);
    const length = lengthOf(object);
    checkCallback(original, callback);
    const collector = newCollector(object);
    for (let i = 0; i < length; i++) {
      if (!ReflectHas(object, i)) continue;
      const item = FunctionPrototypeCall(callback, thisArg, object[i], i, object);
      if (ArrayIsArray(item)) flattenInto(collector, item, lengthOf(item), 0);
      else collect(collector, item);
    }
    return collected(collector);
  }

  function flattenInto(collector, source, length, levels) {
    for (let i = 0; i < length; i++) {
      if (!ReflectHas(source, i)) continue;
      const item = source[i];
      if (levels > 0 && ArrayIsArray(item)) flattenInto(collector, item, lengthOf(item), levels - 1);
      else collect(collector, item);
    }
  }

  function toReversed(object) {
    const length = lengthOf(object);
    const result = newArray(length);
    for (let i = 0; i < length; i++) createItem(result, i, object[length - 1 - i]);
    return result;
  }

  function toSpliced(object, args) {
    const length = lengthOf(object);
    const start = relativeIndex(args[0], length);
    const added = MathMax(args.length - 2, 0);
    let skipped = 0;
    if (args.length === 1) skipped = length - start;
    else if (args.length > 1) skipped = MathMin(MathMax(toInteger(args[1]), 0), length - start);
    const total = length + added - skipped;
    if (total > LENGTH_MAX) throw new TypeError("Invalid array length");
    const result = newArray(total);
    let count = 0;
    for (; count < start; count++) createItem(result, count, object[count]);
    for (let i = 0; i < added; i++, count++) createItem(result, count, args[i + 2]);
    for (; count < total; count++) createItem(result, count, object[count - added + skipped]);
    return result;
  }

  function withItem(object, index, value) {
    const length = lengthOf(object);
    const relative = toInteger(index);
    const at = relative < 0 ? length + relative : relative;
    if (at < 0 || at >= length) throw new RangeError("Invalid index : " + relative);
    const result = newArray(length);
    for (let i = 0; i < length; i++) createItem(result, i, i === at ? value : object[i]);
    return result;
  }

  function from(original, constructor, items, mapper, thisArg) {
    // Without a usable mapper or source the original throws before it looks further.
    if (mapper !== undefined) checkMapper(original, mapper);
    if (items === null || items === undefined) return ReflectApply(original, constructor, [items, mapper, thisArg]);
    const getIterator = items[SymbolIterator];
    if (getIterator === undefined || getIterator === null) return fromLike(constructor, items, mapper, thisArg);
    if (typeof getIterator !== "function") throw new TypeError(`${typeof getIterator} is not a function`);
    const isPlain = constructor === Array || !isConstructor(constructor);
    const collector = { __proto__: null, list: undefined, result: undefined, count: 0 };
    if (isPlain) collector.list = newList();
    else collector.result = new constructor();
    const iterator = FunctionPrototypeCall(getIterator, items);
    if (!isObject(iterator)) throw new TypeError("Result of the Symbol.iterator method is not an object");
    const next = iterator.next;
    for (let index = 0;; index++) {
      const step = FunctionPrototypeCall(next, iterator);
      if (!isObject(step)) throw new TypeError(`Iterator result ${typeof step} is not an object`);
      if (step.done) {
        if (!isPlain) collector.result.length = index;
        return collected(collector);
      }
      const value = step.value;
      try {
        collect(collector, mapper === undefined ? value : FunctionPrototypeCall(mapper, thisArg, value, index));
      } catch (error) {
        closeQuietly(iterator);
        throw error;
      }
    }
  }

  function checkMapper(original, mapper) {
    if (typeof mapper !== "function") ReflectApply(original, Array, [[], mapper]);
  }

  function fromLike(constructor, items, mapper, thisArg) {
    const object = Object(items);
    const length = lengthOf(object);
    const isPlain = constructor === Array || !isConstructor(constructor);
    if (isPlain && length > ARRAY_LENGTH_MAX) newArray(length);
    const list = isPlain ? newList() : undefined;
    const result = isPlain ? undefined : new constructor(length);
    for (let i = 0; i < length; i++) {
      const value = object[i];
      const item = mapper === undefined ? value : FunctionPrototypeCall(mapper, thisArg, value, i);
      if (isPlain) append(list, item);
      else createItem(result, i, item);
    }
    if (isPlain) return toArray(list);
    result.length = length;
    return result;
  }

  /** The error that is on its way wins over whatever closing throws. */
  function closeQuietly(iterator) {
    try {
      const close = iterator.return;
      if (close !== undefined && close !== null) FunctionPrototypeCall(close, iterator);
    } catch {
      // See above.
    }
  }

  // ---- Sorting ----

  function sort(original, self, comparator) {
    checkComparator(original, comparator);
    const object = checked(original, self);
    const length = lengthOf(object);
    // V8 leaves a list of one untouched.
    if (length < 2) return object;
    const items = newList();
    let undefinedCount = 0;
    for (let i = 0; i < length; i++) {
      if (!ReflectHas(object, i)) continue;
      const item = object[i];
      if (item === undefined) undefinedCount++;
      else append(items, item);
    }
    const sorted = mergeSorted(items, comparator);
    let count = 0;
    for (; count < sorted.length; count++) object[count] = sorted[count];
    for (const end = count + undefinedCount; count < end; count++) object[count] = undefined;
    for (; count < length; count++) delete object[count];
    return object;
  }

  function toSorted(original, self, comparator) {
    checkComparator(original, comparator);
    const object = checked(original, self);
    const length = lengthOf(object);
    const result = newArray(length);
    const items = newList();
    for (let i = 0; i < length; i++) {
      const item = object[i];
      if (item !== undefined) append(items, item);
    }
    const sorted = mergeSorted(items, comparator);
    for (let i = 0; i < length; i++) createItem(result, i, i < sorted.length ? sorted[i] : undefined);
    return result;
  }

  function checkComparator(original, comparator) {
    if (comparator !== undefined && typeof comparator !== "function") ReflectApply(original, [], [comparator]);
  }

  /** A stable bottom-up merge sort. Without a comparator the items are compared as strings, each converted once. */
  function mergeSorted(items, comparator) {
    const texts = comparator === undefined ? textsOf(items) : undefined;
    const isAfter = comparator === undefined
      ? (a, b) => texts[b] < texts[a]
      // V8 asks whether the later item belongs before the earlier one; a sloppy comparator depends on it.
      : (a, b) => FunctionPrototypeCall(comparator, undefined, items[b], items[a]) < 0;
    const count = items.length;
    let order = newList();
    for (let i = 0; i < count; i++) append(order, i);
    for (let width = 1; width < count; width *= 2) {
      const merged = newList();
      for (let low = 0; low < count; low += 2 * width) {
        mergeRuns(order, merged, low, MathMin(low + width, count), MathMin(low + 2 * width, count), isAfter);
      }
      order = merged;
    }
    const sorted = newList();
    for (let i = 0; i < count; i++) append(sorted, items[order[i]]);
    return sorted;
  }

  function textsOf(items) {
    const texts = newList();
    for (let i = 0; i < items.length; i++) append(texts, `${items[i]}`);
    return texts;
  }

  function mergeRuns(order, merged, low, middle, high, isAfter) {
    let left = low;
    let right = middle;
    while (left < middle && right < high) {
      append(merged, isAfter(order[left], order[right]) ? order[right++] : order[left++]);
    }
    while (left < middle) append(merged, order[left++]);
    while (right < high) append(merged, order[right++]);
  }

  // ---- Typed arrays ----

  function setItems(original, target, source, offset) {
    const start = toInteger(offset);
    // The original knows the words for a bad offset; an empty source makes it do nothing else.
    if (start < 0) ReflectApply(original, target, [[], start]);
    const room = TypedArrayPrototypeGetLength(target);
    const object = Object(source);
    const length = lengthOf(object);
    if (start + length > room) throw new RangeError("offset is out of bounds");
    for (let i = 0; i < length; i++) target[start + i] = object[i];
  }

  function typedFrom(original, constructor, source, mapper, thisArg) {
    // With an empty source the original checks the constructor and the mapper, in this order, and no more.
    if (!isConstructor(constructor)) ReflectApply(original, constructor, [[]]);
    if (mapper !== undefined && typeof mapper !== "function") ReflectApply(original, Uint8Array, [[], mapper]);
    const getIterator = source[SymbolIterator];
    const items = getIterator === undefined || getIterator === null ? Object(source) : iterated(source, getIterator);
    const length = lengthOf(items);
    const result = new constructor(length);
    if (TypedArrayPrototypeGetSymbolToStringTag(result) === undefined) throw new TypeError("this is not a typed array.");
    if (TypedArrayPrototypeGetLength(result) < length) throw new TypeError("Derived TypedArray constructor created an array which was too small");
    for (let i = 0; i < length; i++) {
      const item = items[i];
      result[i] = mapper === undefined ? item : FunctionPrototypeCall(mapper, thisArg, item, i);
    }
    return result;
  }

  function iterated(source, getIterator) {
    if (typeof getIterator !== "function") throw new TypeError(`${typeof getIterator} is not a function`);
    const iterator = FunctionPrototypeCall(getIterator, source);
    if (!isObject(iterator)) throw new TypeError("Result of the Symbol.iterator method is not an object");
    const next = iterator.next;
    const items = newList();
    for (;;) {
      const step = FunctionPrototypeCall(next, iterator);
      if (!isObject(step)) throw new TypeError(`Iterator result ${typeof step} is not an object`);
      if (step.done) return items;
      append(items, step.value);
    }
  }

  /** Sorts runs of ordinary length with the original, then merges them here, where a stop is seen. */
  function sortInRuns(array, constructors, nativeSort, runLength) {
    const length = TypedArrayPrototypeGetLength(array);
    const constructor = constructors[TypedArrayPrototypeGetSymbolToStringTag(array)];
    let spare;
    try {
      spare = new constructor(length);
    } catch {
      // No room for a second copy. The original needs none, and is as long as it is.
      return ReflectApply(nativeSort, array, []);
    }
    const run = MathMax(runLength, 1);
    const buffer = TypedArrayPrototypeGetBuffer(array);
    const byteOffset = TypedArrayPrototypeGetByteOffset(array);
    const itemBytes = TypedArrayPrototypeGetByteLength(array) / length;
    for (let low = 0; low < length; low += run) {
      const view = new constructor(buffer, byteOffset + low * itemBytes, MathMin(run, length - low));
      ReflectApply(nativeSort, view, []);
    }
    let source = array;
    for (let width = run; width < length; width *= 2) {
      for (let low = 0; low < length; low += 2 * width) {
        mergeNumbers(source, spare, low, MathMin(low + width, length), MathMin(low + 2 * width, length));
      }
      const merged = spare;
      spare = source;
      source = merged;
    }
    if (source !== array) TypedArrayPrototypeSet(array, source);
    return array;
  }

  /** In the order of the language: -0 before 0, NaN last. */
  function mergeNumbers(source, merged, low, middle, high) {
    let left = low;
    let right = middle;
    for (let at = low; at < high; at++) {
      if (left === middle) {
        merged[at] = source[right++];
        continue;
      }
      const a = source[left];
      const b = source[right];
      const takesRight = right < high && (b < a || (a !== a && b === b) || (a === b && ObjectIs(b, -0) && !ObjectIs(a, -0)));
      merged[at] = takesRight ? b : a;
      if (takesRight) right++;
      else left++;
    }
  }

  return { install };
})();
