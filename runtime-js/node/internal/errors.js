// Errors as Node's built-in modules throw them: packages look for the codes, people read the messages.

/** An error of a class with a code. */
export function coded(Class, code, message, fields) {
  const error = new Class(message);
  error.code = code;
  return fields === undefined ? error : Object.assign(error, fields);
}

export function invalidArgType(name, expected, actual) {
  const kind = /[. ]/.test(name) ? "property" : "argument";
  const what = Array.isArray(expected) ? `one of type ${expected.join(", ")}` : oneType(expected);
  return coded(TypeError, "ERR_INVALID_ARG_TYPE", `The "${name}" ${kind} must be ${what}. Received ${received(actual)}`);
}

export function invalidArgValue(name, value, reason = "is invalid") {
  const kind = /[. ]/.test(name) ? "property" : "argument";
  return coded(TypeError, "ERR_INVALID_ARG_VALUE", `The ${kind} '${name}' ${reason}. Received ${shown(value)}`);
}

export function outOfRange(name, range, value) {
  return coded(RangeError, "ERR_OUT_OF_RANGE",
    `The value of "${name}" is out of range. It must be ${range}. Received ${shown(value)}`);
}

export function missingArgs(...names) {
  const quoted = names.map((name) => `"${name}"`);
  const list = quoted.length > 1 ? `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)} arguments` : `${quoted[0]} argument`;
  return coded(TypeError, "ERR_MISSING_ARGS", `The ${list} must be specified`);
}

export function aborted(signal) {
  const error = coded(Error, "ABORT_ERR", "The operation was aborted");
  error.name = "AbortError";
  if (signal !== undefined) error.cause = signal.reason;
  return error;
}

export function checkString(value, name) {
  if (typeof value !== "string") throw invalidArgType(name, "string", value);
}

export function checkFunction(value, name) {
  if (typeof value !== "function") throw invalidArgType(name, "function", value);
}

/** What an action does not have: an error that says so, and what to do instead. */
export function unsupported(what, instead) {
  return coded(Error, "ERR_VESTIBULE_UNSUPPORTED", `${what} is not available in an action: ${instead}`);
}

/** A function that throws `unsupported` when it is called; loading it harms nothing. */
export function unsupportedFunction(what, instead) {
  const name = what.slice(what.lastIndexOf(".") + 1);
  const { [name]: result } = {
    [name]() {
      throw unsupported(what, instead);
    },
  };
  return result;
}

/** A class that may be extended and asked with `instanceof`, but not constructed. */
export function unsupportedClass(what, instead, Base = Object) {
  const Class = class extends Base {
    constructor() {
      throw unsupported(what, instead);
    }
  };
  Object.defineProperty(Class, "name", { value: what.slice(what.lastIndexOf(".") + 1), configurable: true });
  return Class;
}

/** Functions by name that throw `unsupported`. */
export function unsupportedFunctions(module, names, instead) {
  return Object.fromEntries(names.map((name) => [name, unsupportedFunction(`${module}.${name}`, instead)]));
}

function oneType(expected) {
  return /^[a-z]/.test(expected) ? `of type ${expected}` : `an instance of ${expected}`;
}

function received(value) {
  if (value === null || value === undefined) return `${value}`;
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : "an object";
  }
  return `type ${typeof value} (${shown(value)})`;
}

function shown(value) {
  if (typeof value === "string") return `'${value.length > 28 ? `${value.slice(0, 25)}...` : value}'`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) return received(value);
  return String(value);
}
